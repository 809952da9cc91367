// The one list of operations. Each is defined in this folder; docs/operations.md says what each does.
#pragma once

#include "../op.h"

#define VECTRAL_OPS(OP) \
  OP(linear)            \
  OP(matmul)            \
  OP(embedding)         \
  OP(layer_norm)        \
  OP(rms_norm)          \
  OP(l2_normalize)      \
  OP(softmax)           \
  OP(gelu)              \
  OP(gelu_tanh)         \
  OP(relu)              \
  OP(silu)              \
  OP(tanh)              \
  OP(sigmoid)           \
  OP(pointwise)         \
  OP(add)               \
  OP(mul)               \
  OP(attention)         \
  OP(attention_probs)   \
  OP(pool)              \
  OP(bag_of_words)      \
  OP(slice)             \
  OP(concat)            \
  OP(transpose)         \
  OP(copy)              \
  OP(convert)           \
  OP(positions)         \
  OP(rope)              \
  OP(unfold)            \
  OP(lstm)

namespace vectral {

#define VECTRAL_OP_DECLARATION(name) extern const OpDefinition name##_op;
VECTRAL_OPS(VECTRAL_OP_DECLARATION)
#undef VECTRAL_OP_DECLARATION

}  // namespace vectral
