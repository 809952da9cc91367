#include "../core/cpu_count.h"
#include "../dispatch/select.h"
#include "../vectors/vector_reader.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

constexpr int64_t kMostBytes = INT64_C(1) << 52;

Undecodable read_undecodable(const Napi::Value& value) {
  const std::string policy = read_string(value, "undecodable");
  if (policy == "strict") return Undecodable::strict;
  return policy == "ignore" ? Undecodable::ignore : Undecodable::replace;
}

VectorHeader read_header(const Napi::Value& value) {
  const std::string header = read_string(value, "header");
  if (header == "detect") return VectorHeader::detect;
  return header == "present" ? VectorHeader::present : VectorHeader::absent;
}

VectorFileFormat read_format(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "format");
  VectorFileFormat format;
  format.path = read_string(object["path"], "path");
  format.binary = read_bool(object["binary"], "binary");
  format.header = read_header(object["header"]);
  const int64_t limit = read_integer(object["limit"], "limit", 0, kMostBytes);
  if (limit > 0) format.limit = limit;
  format.file_bytes = read_integer(object["fileBytes"], "fileBytes", -1, kMostBytes);
  format.dtype = read_dtype(object["dtype"]);
  format.latin1 = read_bool(object["latin1"], "latin1");
  format.undecodable = read_undecodable(object["undecodable"]);
  return format;
}

}  // namespace

Napi::Value vector_reader(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  auto reader = std::make_shared<VectorReader>(read_format(info[0]), *isa->kernels);
  return wrap_handle(info.Env(), std::make_unique<VectorReaderHandle>(std::move(reader)), 0);
}

Napi::Value vector_reader_feed(const Napi::CallbackInfo& info) {
  const auto reader = unwrap<VectorReaderHandle>(info[0]).content;
  const std::string_view bytes = read_bytes(info[1], "bytes");
  const bool last = read_bool(info[2], "last");
  int threads = 1;
  throw_if_error(info.Env(), default_threads(&threads));
  const auto done = std::make_shared<bool>(false);
  const auto work = [=](int granted) { return reader->feed(bytes, last, granted, done.get()); };
  const auto finish = [done](Napi::Env env) { return Napi::Boolean::New(env, *done); };
  return jobs_of(info.Env())
      .start(info.Env(), {reader.get(), threads, threads}, work, finish, info[1].As<Napi::Object>());
}

Napi::Value vector_reader_finish(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  VectorReader& reader = *unwrap<VectorReaderHandle>(info[0]).content;
  std::shared_ptr<VectorSet> set;
  throw_if_error(env, reader.finish(&set));
  Napi::Object file = Napi::Object::New(env);
  file.Set("vectors", wrap_vectors(env, std::move(set)));
  file.Set("declared", static_cast<double>(reader.report().declared));
  file.Set("duplicates", static_cast<double>(reader.report().duplicates));
  file.Set("duplicate", reader.report().duplicate);
  return file;
}

}  // namespace vectral::binding
