// embedding: rows of a table, widened to f32 as they are read. An i8 table is quantized as weights are (WeightPart).
#include "../../core/packed_weights.h"
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("embedding", args);
  if (!c.inputs(2, 3)) return c.status();
  const View &table = args.inputs[0], &ids = args.inputs[1];
  const bool scaled = table.dtype == DType::i8;
  c.rank(0, 2).rank(1, 1).contiguous(1).output(DType::f32);
  c.that(scaled || table.dtype == DType::f32 || table.dtype == DType::f16 || table.dtype == DType::bf16,
         "the table must be f32, f16, bf16 or i8");
  c.that(scaled == (args.input_count == 3), "an i8 table, and no other, has a scale");
  if (!c.status().is_ok()) return c.status();
  if (scaled) c.type(2, DType::f32).contiguous(2).vector(2, table.rows());
  c.that(ids.dtype == DType::i32 || ids.dtype == DType::i64, "ids must be i32 or i64");
  c.that(args.output.rank == 2 && args.output.rows() == ids.cols() && args.output.cols() == table.cols(),
         "output must be [number of ids, columns of the table]");
  return c.status();
}

int64_t id_at(const View& ids, int64_t i) {
  return ids.dtype == DType::i32 ? ids.as<const int32_t>()[i] : ids.as<const int64_t>()[i];
}

Status run(const OpArgs& args) {
  const View &table = args.inputs[0], &ids = args.inputs[1];
  const int64_t columns = table.cols(), row_bytes = table.row_stride * dtype_bytes(table.dtype);
  const bool scaled = args.input_count == 3;
  float* const spare = scaled ? args.scratch->get<float>(widen_spare(columns)) : nullptr;
  if (scaled && spare == nullptr && columns > 0) return out_of_memory("embedding");
  int64_t begin, end;
  args.split(ids.cols(), 1, &begin, &end);
  for (int64_t i = begin; i < end; ++i) {
    const int64_t id = id_at(ids, i);
    if (id < 0 || id >= table.rows()) {
      return Status::error("embedding: id " + std::to_string(id) + " at position " + std::to_string(i) +
                           " is outside the table of " + std::to_string(table.rows()) + " rows");
    }
    float* const to = args.output.as<float>() + i * args.output.row_stride;
    if (scaled) {
      widen_weight_row(args.kernels->quantize_i8_rows, table.as<const int8_t>() + id * table.row_stride,
                       args.inputs[2].as<const float>()[id], columns, to, spare);
    } else {
      args.kernels->to_f32(table.dtype, table.as<const char>() + id * row_bytes, to, columns);
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition embedding_op = {"embedding", check, run};

}  // namespace vectral
