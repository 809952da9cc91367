// Element types of tensors, as safetensors names them in lower case.
#pragma once

#include <cstdint>

namespace vectral {

enum class DType : uint8_t { f32, f16, bf16, f64, i8, i32, i64 };

constexpr int64_t dtype_bytes(DType t) {
  switch (t) {
    case DType::i8:
      return 1;
    case DType::f16:
    case DType::bf16:
      return 2;
    case DType::f32:
    case DType::i32:
      return 4;
    default:
      return 8;  // f64, i64
  }
}

constexpr const char* dtype_name(DType t) {
  switch (t) {
    case DType::f32:
      return "f32";
    case DType::f16:
      return "f16";
    case DType::bf16:
      return "bf16";
    case DType::f64:
      return "f64";
    case DType::i8:
      return "i8";
    case DType::i32:
      return "i32";
    default:
      return "i64";
  }
}

}  // namespace vectral
