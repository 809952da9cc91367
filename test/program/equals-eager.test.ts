/** Every operation, recorded once on symbolic sizes, gives eager's bits for every batch and number of threads. */
import { describe, expect, it } from 'vitest';
import { ropeTables } from '../../src/nn/rope-tables.js';
import * as ops from '../../src/ops/index.js';
import { LONGEST, OFFSETS, SEQUENCES, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { halves } from '../reference/half.js';
import { Random } from '../reference/random.js';
import { type Build, bothWays, constant, idsBelow, type Ports, type Tensors } from './both-ways.js';

const offsets = ['i32', [OFFSETS]] as const;
const x = ['f32', [TOKENS, 12]] as const;
const y = ['f32', [TOKENS, 12]] as const;
const tokens: Ports = { x, offsets };
const qkv: Ports = { q: x, k: x, v: x, offsets };
const [matrix, vector, other] = [constant([20, 12], 1), constant([12], 2), constant([12], 3)];
const half = Tensor.from(halves(new Random(4).normals(240), 'f16'), { dtype: 'f16', shape: [20, 12] });
const wide = Tensor.from(new Random(5).normals(idsBelow * 33), { shape: [idsBelow, 33] });

type Inputs = Record<string, Tensor> & Tensors;
const one = (f: (inputs: Inputs) => Tensor): Build => {
  return (inputs) => ({ y: f(inputs as Inputs) });
};
const of = (inputs: Tensors, name: string): Tensor => inputs[name]!;

const cases: readonly [op: string, what: string, ports: Ports, build: Build][] = [
  ...(['gelu', 'geluTanh', 'relu', 'silu', 'tanh', 'sigmoid', 'softmax', 'l2Normalize'] as const).map(
    (op): (typeof cases)[number] => {
      const call = Object.entries(ops).find(([name]) => name === op)?.[1] as (x: Tensor) => Tensor;
      return [op, '', tokens, one((t) => call(of(t, 'x')))];
    },
  ),
  ...ops.pointwiseFunctions.map((name): (typeof cases)[number] => [
    'pointwise',
    name,
    tokens,
    one((t) => ops.pointwise(of(t, 'x'), name)),
  ]),
  ['add', 'of equal shapes', { x, y, offsets }, one((t) => ops.add(of(t, 'x'), of(t, 'y')))],
  ['add', 'of a vector', tokens, one((t) => ops.add(of(t, 'x'), vector))],
  ['add', 'with itself', tokens, one((t) => ops.add(of(t, 'x'), of(t, 'x')))],
  ['mul', 'of equal shapes', { x, y, offsets }, one((t) => ops.mul(of(t, 'x'), of(t, 'y')))],
  ['mul', 'of a vector', tokens, one((t) => ops.mul(of(t, 'x'), vector))],
  ['linear', '', tokens, one((t) => ops.linear(of(t, 'x'), matrix, constant([20], 6)))],
  ['linear', 'without bias', tokens, one((t) => ops.linear(of(t, 'x'), matrix))],
  ['linear', 'of f16 weights', tokens, one((t) => ops.linear(of(t, 'x'), half, constant([20], 6)))],
  ['matmul', 'by a constant', tokens, one((t) => ops.matmul(of(t, 'x'), constant([12, 7], 7)))],
  ['matmul', 'of two values', { x, y, offsets }, one((t) => ops.matmul(of(t, 'x'), ops.transpose(of(t, 'y'))))],
  ['embedding', '', { ids: ['i32', [TOKENS]], offsets }, one((t) => ops.embedding(wide, of(t, 'ids')))],
  ['embedding', 'of i64 ids', { ids: ['i64', [TOKENS]], offsets }, one((t) => ops.embedding(wide, of(t, 'ids')))],
  [
    'embedding',
    'of a computed table',
    { ids: ['i32', [SEQUENCES]], offsets },
    one((t) => ops.embedding(ops.gelu(wide), of(t, 'ids'))),
  ],
  ['layerNorm', '', tokens, one((t) => ops.layerNorm(of(t, 'x'), vector, other, 1e-5))],
  ['rmsNorm', '', tokens, one((t) => ops.rmsNorm(of(t, 'x'), vector, 1e-6))],
  ...[1, 3, 4].map((heads): (typeof cases)[number] => [
    'attention',
    `with ${heads} heads`,
    qkv,
    one((t) => ops.attention(of(t, 'q'), of(t, 'k'), of(t, 'v'), of(t, 'offsets'), { heads })),
  ]),
  [
    'attention',
    'causal, with a bias and a scale',
    { ...qkv, bias: ['f32', [2, LONGEST, LONGEST]] },
    one((t) =>
      ops.attention(of(t, 'q'), of(t, 'k'), of(t, 'v'), of(t, 'offsets'), {
        heads: 2,
        causal: true,
        scale: 0.3,
        bias: of(t, 'bias'),
      }),
    ),
  ],
  ['attentionProbs', '', qkv, one((t) => ops.attentionProbs(of(t, 'q'), of(t, 'k'), of(t, 'offsets'), { heads: 3 }))],
  [
    'attentionProbs',
    'causal',
    qkv,
    one((t) => ops.attentionProbs(of(t, 'q'), of(t, 'k'), of(t, 'offsets'), { heads: 2, causal: true })),
  ],
  ...ops.poolModes.flatMap((mode): (typeof cases)[number][] => [
    ['pool', mode, tokens, one((t) => ops.pool(of(t, 'x'), of(t, 'offsets'), mode))],
    [
      'pool',
      `${mode} with starts`,
      { ...tokens, start: ['i32', [SEQUENCES]] },
      one((t) => ops.pool(of(t, 'x'), of(t, 'offsets'), mode, of(t, 'start'))),
    ],
  ]),
  ['slice', 'of columns', tokens, one((t) => ops.slice(of(t, 'x'), 1, 3, 8))],
  ['slice', 'of a slice', tokens, one((t) => ops.slice(ops.slice(of(t, 'x'), 1, 2, 11), 1, -5, -1))],
  [
    'concat',
    'of columns',
    { x, y, offsets },
    one((t) => ops.concat([of(t, 'x'), fiveColumns(of(t, 'y')), of(t, 'x')], 1)),
  ],
  ['transpose', '', tokens, one((t) => ops.transpose(of(t, 'x')))],
  [
    'transpose',
    'of heads',
    tokens,
    one((t) => ops.transpose(ops.reshape(of(t, 'x'), [tokenCount(t), 3, 4]), [1, 0, 2])),
  ],
  ['reshape', '', tokens, one((t) => ops.gelu(ops.reshape(of(t, 'x'), [tokenCount(t), 'auto', 2])))],
  ['convert', 'to f16 and back', tokens, one((t) => ops.convert(ops.convert(of(t, 'x'), 'f16'), 'f32'))],
  ['convert', 'to bf16', tokens, one((t) => ops.convert(of(t, 'x'), 'bf16'))],
  ['convert', 'from i32', { ids: ['i32', [TOKENS]], offsets }, one((t) => ops.convert(of(t, 'ids'), 'f32'))],
  ['convert', 'from i64', { ids: ['i64', [TOKENS]], offsets }, one((t) => ops.convert(of(t, 'ids'), 'f32'))],
  [
    'bagOfWords',
    '',
    { ids: ['i32', [TOKENS]], offsets },
    one((t) =>
      ops.bagOfWords(of(t, 'ids'), Tensor.from(Float32Array.from({ length: 12 }, (_, i) => i / 4)), of(t, 'offsets')),
    ),
  ],
  ['positions', '', { offsets }, one((t) => ops.positions(of(t, 'offsets')))],
  [
    'positions',
    'by ids',
    { ids: ['i32', [TOKENS]], offsets },
    one((t) => ops.positions(of(t, 'offsets'), { inputIds: of(t, 'ids'), padding: 1 })),
  ],
  [
    'lstm',
    'backwards',
    { x, offsets },
    one((t) => ops.lstm(of(t, 'x'), of(t, 'offsets'), constant([3, 12], 4), constant([12], 5), { reverse: true })),
  ],
  ['unfold', '', { x, offsets }, one((t) => ops.unfold(of(t, 'x'), of(t, 'offsets'), 3))],
  ['rope', '', { x, offsets }, one((t) => ops.rope(of(t, 'x'), of(t, 'offsets'), ropeTables(4096, 4, 100), 3))],
  [
    'attention',
    'in a window, with a bias by distance',
    { x, offsets },
    one((t) => {
      const [rows, bounds] = [of(t, 'x'), of(t, 'offsets')];
      return ops.attention(rows, rows, rows, bounds, { heads: 3, window: 2, distanceBias: constant([3, 5], 8) });
    }),
  ],
];

/** Another width than x, so that a concat of columns is of unequal parts. */
function fiveColumns(rows: Tensor): Tensor {
  return ops.slice(rows, 1, 0, 5);
}

/** N, as a symbol while recording and as a number eagerly. */
function tokenCount(inputs: Tensors): number {
  return of(inputs, 'x').shape[0]!;
}

describe('a recorded operation equals the eager one', () => {
  it.each(cases)('%s %s', async (_op, _what, ports, build) => {
    (await bothWays(ports, build)).dispose();
  });

  it('is tried for every operation there is', () => {
    const functions = Object.entries(ops).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    expect(functions.filter((name) => !cases.some(([op]) => op === name))).toEqual([]);
  });
});
