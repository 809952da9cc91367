// Everything an operation may be told besides its inputs. One POD for all operations: each reads what it needs.
#pragma once

#include <cstdint>

#include "../core/view.h"
#include "../dispatch/kernels.h"

namespace vectral {

enum class PoolMode : uint8_t { cls, last, mean, max, mean_sqrt_len, weighted_mean };

enum class Pointwise : uint8_t {
  elu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leaky_relu,
  log_sigmoid,
  mish,
  relu6,
  rrelu,
  selu,
  softplus,
  softshrink,
  softsign,
  tanhshrink
};

// What is added to attention's scores: ops/attention_bias.h.
enum class BiasKind : uint8_t { none, square, distance, query, key, query_key };

enum class Norm : uint8_t { none, layer };

struct Attributes {
  int64_t heads = 1;                         // attention
  float scale = 1.0f;                        // attention: factor on q . k
  bool causal = false;                       // attention: a token sees itself and what stands before it
  BiasKind bias = BiasKind::none;            // attention
  int64_t window = -1;                       // attention: keys further away are not seen; negative: all are
  float eps = 0.0f;                          // layerNorm, rmsNorm, l2Normalize; linear with a norm
  Activation activation = Activation::none;  // linear: applied after the bias, before the residual
  Arithmetic arithmetic =
      Arithmetic::f32;                  // linear, attention: what operands are rounded to before they are multiplied
  Norm norm = Norm::none;               // linear: over each finished row, last of all
  PoolMode mode = PoolMode::mean;       // pool
  Pointwise function = Pointwise::elu;  // pointwise
  int64_t axis = 0;                     // slice, concat
  int64_t begin = 0;                    // slice
  int64_t order[kMaxRank] = {};         // transpose
  int64_t padding = -1;                 // positions: an id that has no place of its own
  int64_t size = 1;                     // unfold: rows side by side
  bool cumulative = true;               // bagOfWords: a word that comes n times counts n times
  bool reverse = false;                 // lstm: from a sequence's last row to its first
};

}  // namespace vectral
