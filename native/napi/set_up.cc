#include "functions.h"
#include "handle.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace vectral::binding {
namespace {

// A library that only worker threads loaded would be unmapped when the last of them ends, with the pool's threads still
// parked inside its code.
void keep_loaded() {
#ifdef _WIN32
  HMODULE self = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&keep_loaded), &self);
#else
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&keep_loaded), &self) != 0) {
    dlopen(self.dli_fname, RTLD_LAZY | RTLD_NODELETE | RTLD_NOLOAD);
  }
#endif
}

}  // namespace

void set_up(Napi::Env env) {
  keep_loaded();
  env.SetInstanceData(new EnvironmentData);
}

}  // namespace vectral::binding
