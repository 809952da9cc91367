// Every algorithm, in the order they lean on each other. Included by each isa/*.cc inside its region and namespace.
#include "math.inl.h"
#include "elementwise.inl.h"
#include "convert.inl.h"
#include "normalize.inl.h"
#include "softmax.inl.h"
#include "reduce.inl.h"
#include "gemm.inl.h"
#include "attention.inl.h"
