// Readers of JavaScript arguments. Each throws a TypeError that names the argument when it is not what it must be.
#pragma once

#include <napi.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/shape.h"
#include "../core/status.h"
#include "../program/attributes.h"
#include "../program/linear_weights.h"
#include "../program/program.h"

namespace vectral::binding {

void throw_if_error(Napi::Env env, const Status& status);

std::string read_string(const Napi::Value& value, const char* name);
bool read_bool(const Napi::Value& value, const char* name);
double read_number(const Napi::Value& value, const char* name);
// A whole number in [least, most].
int64_t read_integer(const Napi::Value& value, const char* name, int64_t least, int64_t most);
// The place of the text among `names`.
size_t read_choice(const Napi::Value& value, const char* name, std::span<const char* const> names);
Napi::Array read_list(const Napi::Value& value, const char* name);
Napi::Object read_object(const Napi::Value& value, const char* name);

DType read_dtype(const Napi::Value& value);
// `symbols`: negative sizes are allowed.
Shape read_shape(const Napi::Value& value, bool symbols);
// The number of elements of a shape without symbols.
int64_t read_element_count(Napi::Env env, const Shape& shape);
// The memory of a typed array; Uint16Array comes as f16.
RunBuffer read_array(const Napi::Value& value, const char* name);
std::vector<RunBuffer> read_arrays(const Napi::Value& value, const char* name);
// The memory of an Uint8Array.
std::string_view read_bytes(const Napi::Value& value, const char* name);
// 0: the default, VECTRAL_THREADS or the CPUs of this process.
int read_threads(const Napi::Value& value);

const OpDefinition* read_op(const Napi::Value& value);
Attributes read_attributes(const Napi::Value& value);
// Undefined: none.
std::vector<LinearPart> read_linear_parts(const Napi::Value& value);

}  // namespace vectral::binding
