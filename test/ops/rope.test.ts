/** Rotary positions against their definition in float64. Tolerance: the angle is rounded to f32 before it is turned. */
import { describe, expect, it } from 'vitest';
import { ropeTables } from '../../src/nn/rope-tables.js';
import { rope } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { Random } from '../reference/random.js';

/** x `[N, heads · width]`, of each head the first `turned` columns. */
function twin(x: Float32Array, offsets: readonly number[], heads: number, width: number, turned: number, base: number) {
  const y = Float64Array.from(x);
  for (let s = 0; s + 1 < offsets.length; s++) {
    for (let row = offsets[s]!; row < offsets[s + 1]!; row++) {
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < turned / 2; i++) {
          const angle = (row - offsets[s]!) * base ** ((-2 * i) / turned);
          const [a, b] = [(row * heads + h) * width + i, (row * heads + h) * width + i + turned / 2];
          y[a] = x[a]! * Math.cos(angle) - x[b]! * Math.sin(angle);
          y[b] = x[b]! * Math.cos(angle) + x[a]! * Math.sin(angle);
        }
      }
    }
  }
  return y;
}

describe('rope', () => {
  it.each([
    [1, 2, 2],
    [3, 16, 16],
    [2, 20, 8],
    [4, 64, 64],
  ])('%i heads of %i columns, %i of them turned', (heads, width, turned) => {
    const offsets = [0, 1, 1, 40, 60];
    const x = new Random(heads).normals(60 * heads * width);
    const tables = ropeTables(64, turned, 10000);
    const y = rope(
      Tensor.from(x, { shape: [60, heads * width] }),
      Tensor.from(Int32Array.from(offsets)),
      tables,
      heads,
    );
    // angles to 40 with half an ulp of f32 (2e-6), on values to 5
    expectClose(y.toFloat32Array(), twin(x, offsets, heads, width, turned, 10000), 2e-5);
  });

  it('leaves the first token as it is', () => {
    const x = new Random(1).normals(8);
    const y = rope(Tensor.from(x, { shape: [1, 8] }), Tensor.from(Int32Array.of(0, 1)), ropeTables(1, 4, 100), 2);
    expectSame(y.toFloat32Array(), x);
  });

  it('refuses a sequence longer than the tables, and tables wider than a head', () => {
    const x = Tensor.zeros([3, 8]);
    const offsets = Tensor.from(Int32Array.of(0, 3));
    expect(() => rope(x, offsets, ropeTables(2, 4, 100), 2)).toThrow(/more than 2 tokens/);
    expect(() => rope(x, offsets, ropeTables(4, 8, 100), 2)).toThrow(/at most 2 columns/);
    expect(() => rope(x, offsets, ropeTables(4, 4, 100), 3)).toThrow(/heads that divide/);
  });
});
