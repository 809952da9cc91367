#include "engine_identity.h"

#include <filesystem>
#include <system_error>

#ifndef _WIN32
#include <dlfcn.h>

#include "mapped_file.h"
#endif

namespace vectral {

#ifdef _WIN32

const std::string& engine_identity() {
  static const std::string none;
  return none;
}

#else

const std::string& engine_identity() {
  static const std::string identity = [] {
    Dl_info info;
    FileIdentity file;
    if (::dladdr(reinterpret_cast<const void*>(&engine_identity), &info) == 0 || info.dli_fname == nullptr ||
        !identity_of_file(info.dli_fname, &file)) {
      return std::string();
    }
    return std::to_string(file.bytes) + ':' + std::to_string(file.modified);
  }();
  return identity;
}

#endif

std::string absolute_path(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path resolved = std::filesystem::canonical(path, failure);
  return failure ? path : resolved.string();
}

}  // namespace vectral
