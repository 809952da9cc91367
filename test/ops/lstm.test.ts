/** A recurrence against its definition in float64. Tolerance: f32 rounding of H products a row, carried over T rows. */
import { describe, expect, it } from 'vitest';
import { lstm } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { Random } from '../reference/random.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function twin(x: Float32Array, offsets: readonly number[], weight: Float32Array, bias: Float32Array, reverse: boolean) {
  const width = bias.length;
  const hidden = width / 4;
  const y = new Float64Array((x.length / width) * hidden);
  for (let s = 0; s + 1 < offsets.length; s++) {
    const rows = Array.from({ length: offsets[s + 1]! - offsets[s]! }, (_, t) => offsets[s]! + t);
    let h = new Float64Array(hidden);
    const c = new Float64Array(hidden);
    for (const row of reverse ? rows.reverse() : rows) {
      const gate = (i: number) => {
        let sum = x[row * width + i]! + bias[i]!;
        for (let j = 0; j < hidden; j++) sum += h[j]! * weight[j * width + i]!;
        return sum;
      };
      const next = new Float64Array(hidden);
      for (let k = 0; k < hidden; k++) {
        c[k] = sigmoid(gate(hidden + k)) * c[k]! + sigmoid(gate(k)) * Math.tanh(gate(2 * hidden + k));
        next[k] = sigmoid(gate(3 * hidden + k)) * Math.tanh(c[k]!);
      }
      h = next;
      y.set(h, row * hidden);
    }
  }
  return y;
}

describe('lstm', () => {
  it.each([
    [1, false],
    [7, true],
    [32, false],
    [40, true],
  ])('of %i values, reverse %s', (hidden, reverse) => {
    const random = new Random(hidden);
    const offsets = [0, 1, 1, 30, 50];
    const x = random.normals(50 * 4 * hidden);
    const weight = random.normals(4 * hidden * hidden).map((value) => value / Math.sqrt(hidden));
    const bias = random.normals(4 * hidden);
    const of = (data: Float32Array, shape: number[]) => Tensor.from(data, { shape });
    const run = (rows: Float32Array, bounds: number[]) =>
      lstm(
        of(rows, [rows.length / (4 * hidden), 4 * hidden]),
        Tensor.from(Int32Array.from(bounds)),
        of(weight, [hidden, 4 * hidden]),
        of(bias, [4 * hidden]),
        { reverse },
      ).toFloat32Array();
    const y = run(x, offsets);
    expectClose(y, twin(x, offsets, weight, bias, reverse), 1e-5);
    // a sequence alone has the bits it has in the batch
    expectSame(run(x.slice(30 * 4 * hidden), [0, 20]), y.slice(30 * hidden));
  });

  it('refuses weights of another size, and offsets that do not fit', () => {
    const [x, weight, bias] = [Tensor.zeros([3, 8]), Tensor.zeros([2, 8]), Tensor.zeros([8])];
    const offsets = Tensor.from(Int32Array.of(0, 3));
    expect(() => lstm(x, offsets, Tensor.zeros([3, 8]), bias)).toThrow(/weight \[H,4H\] = \[3,12\]/);
    expect(() => lstm(x, offsets, weight, Tensor.zeros([4]))).toThrow(/bias \[4H\]/);
    expect(() => lstm(x, Tensor.from(Int32Array.of(0, 4)), weight, bias)).toThrow(/offsets/);
  });
});
