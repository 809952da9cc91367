/** Operands that do not fit: each is refused before anything runs, by operation, what was expected and what came. */
import { describe, expect, it } from 'vitest';
import { TensorError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';

const f = (...shape: number[]) => Tensor.zeros(shape);
const i = (...shape: number[]) => Tensor.zeros(shape, 'i32');
const offsets = Tensor.from(Int32Array.of(0, 2));
const wrong = 'sum' as ops.PoolMode;
const { gelu, geluTanh, relu, silu, tanh, sigmoid, softmax, l2Normalize } = ops;
const elementwise = { gelu, geluTanh, relu, silu, tanh, sigmoid, softmax, l2Normalize };

const cases: readonly [op: string, call: () => unknown, expected: string, got: string][] = [
  ...Object.entries(elementwise).map(([op, call]): (typeof cases)[number] => [
    op,
    () => call(i(3)),
    'x as f32',
    'i32[3]; use ops.convert first',
  ]),
  ...Object.entries({ add: ops.add, mul: ops.mul }).flatMap(([op, call]): (typeof cases)[number][] => [
    [op, () => call(i(3), f(3)), 'a as f32', 'i32[3]'],
    [op, () => call(f(3), i(3)), 'b as f32', 'i32[3]'],
    [op, () => call(f(2, 3), f(2)), "b with a's shape or a trailing part of it", 'f32[2,3] and f32[2]'],
    [op, () => call(f(3), f(1, 3)), "b with a's shape", 'f32[3] and f32[1,3]'],
    [op, () => call(f(2, 3), f(1)), "b with a's shape", 'f32[2,3] and f32[1]'],
    [op, () => call(f(2, 3), f()), "b with a's shape", 'f32[2,3] and f32[]'],
  ]),
  ['pointwise', () => ops.pointwise(i(3), 'mish'), 'x as f32', 'i32[3]'],
  ['pointwise', () => ops.pointwise(f(3), 'swish' as 'mish'), 'a function of elu, hardshrink', '"swish"'],
  ['linear', () => ops.linear(i(2, 3), f(4, 3)), 'x as f32', 'i32[2,3]'],
  ['linear', () => ops.linear(f(2, 3), i(4, 3)), 'weight as f32 or f16 or bf16', 'i32[4,3]'],
  ['linear', () => ops.linear(f(2, 3), f(3, 4)), 'x [..,K] and weight [O,K]', 'f32[2,3] and f32[3,4]'],
  ['linear', () => ops.linear(f(2, 3), f(3)), 'weight [O,K]', 'f32[2,3] and f32[3]'],
  ['linear', () => ops.linear(Tensor.from(1), f(4, 1)), 'x [..,K]', 'f32[] and f32[4,1]'],
  ['linear', () => ops.linear(f(2, 3), f(4, 3), f(3)), 'bias [O] = [4]', 'f32[3]'],
  ['linear', () => ops.linear(f(2, 3), f(4, 3), f(1, 4)), 'bias [O] = [4]', 'f32[1,4]'],
  ['linear', () => ops.linear(f(2, 3), f(4, 3), i(4)), 'bias as f32', 'i32[4]'],
  ['matmul', () => ops.matmul(i(2, 3), f(3, 4)), 'a as f32', 'i32[2,3]'],
  ['matmul', () => ops.matmul(f(2, 3), Tensor.zeros([3, 4], 'f16')), 'b as f32', 'f16[3,4]'],
  ['matmul', () => ops.matmul(f(2, 3), f(2, 3)), 'a [..,M,K] and b [..,K,O] or [K,O]', 'f32[2,3] and f32[2,3]'],
  ['matmul', () => ops.matmul(f(3), f(3, 2)), 'a [..,M,K]', 'f32[3] and f32[3,2]'],
  ['matmul', () => ops.matmul(f(2, 3), f(3)), 'b [..,K,O]', 'f32[2,3] and f32[3]'],
  ['matmul', () => ops.matmul(f(5, 2, 3), f(4, 3, 2)), 'b [..,K,O]', 'f32[5,2,3] and f32[4,3,2]'],
  ['matmul', () => ops.matmul(f(2, 3), f(5, 3, 2)), 'b [..,K,O]', 'f32[2,3] and f32[5,3,2]'],
  ['embedding', () => ops.embedding(i(4, 3), i(2)), 'table as f32 or f16 or bf16', 'i32[4,3]'],
  ['embedding', () => ops.embedding(f(4), i(2)), 'table [V,D]', 'f32[4]'],
  ['embedding', () => ops.embedding(f(4, 3), f(2)), 'ids as i32 or i64', 'f32[2]'],
  ['embedding', () => ops.embedding(f(4, 3), i(2, 2)), 'ids [N]', 'i32[2,2]'],
  ['layerNorm', () => ops.layerNorm(i(2, 3), f(3), f(3), 1e-5), 'x as f32', 'i32[2,3]'],
  ['layerNorm', () => ops.layerNorm(f(2, 3), f(2), f(3), 1e-5), 'gamma [D] = [3]', 'f32[2]'],
  ['layerNorm', () => ops.layerNorm(f(2, 3), f(3), f(3, 1), 1e-5), 'beta [D] = [3]', 'f32[3,1]'],
  ['layerNorm', () => ops.layerNorm(f(2, 3), f(3), i(3), 1e-5), 'beta as f32', 'i32[3]'],
  ['rmsNorm', () => ops.rmsNorm(i(2, 3), f(3), 1e-5), 'x as f32', 'i32[2,3]'],
  ['rmsNorm', () => ops.rmsNorm(f(2, 3), i(3), 1e-5), 'gamma as f32', 'i32[3]'],
  ['rmsNorm', () => ops.rmsNorm(f(2, 3), f(4), 1e-5), 'gamma [D] = [3]', 'f32[4]'],
  ['attention', () => ops.attention(f(2, 4), f(2, 4), i(2, 4), offsets, { heads: 2 }), 'v as f32', 'i32[2,4]'],
  ['attention', () => ops.attention(f(2, 4), f(3, 4), f(2, 4), offsets, { heads: 2 }), 'one shape', 'k f32[3,4]'],
  ['attention', () => ops.attention(f(2, 4), f(2, 4), f(2, 5), offsets, { heads: 2 }), 'one shape', 'v f32[2,5]'],
  ['attention', () => ops.attention(f(8), f(8), f(8), offsets, { heads: 2 }), 'one shape [N,H·d]', 'f32[8]'],
  ['attention', () => ops.attention(f(2, 4), f(2, 4), f(2, 4), f(2), { heads: 2 }), 'offsets as i32', 'f32[2]'],
  ['attention', () => ops.attention(f(2, 4), f(2, 4), f(2, 4), i(1, 2), { heads: 2 }), 'offsets [S+1]', 'i32[1,2]'],
  ...[3, 0, -2, 1.5, Number.NaN].map((heads): (typeof cases)[number] => [
    'attention',
    () => ops.attention(f(2, 4), f(2, 4), f(2, 4), offsets, { heads }),
    'heads that divide the width 4',
    String(heads),
  ]),
  [
    'attention',
    () => ops.attention(f(2, 4), f(2, 4), f(2, 4), offsets, { heads: 2, bias: f(1, 2, 2) }),
    'bias [H,L,L] with H = 2',
    'f32[1,2,2]',
  ],
  [
    'attentionProbs',
    () => ops.attentionProbs(f(2, 4), f(2, 4), offsets, { heads: 2, bias: f(2, 2, 3) }),
    'bias [H,L,L] with H = 2',
    'f32[2,2,3]',
  ],
  [
    'attentionProbs',
    () => ops.attentionProbs(f(2, 4), f(2, 4), offsets, { heads: 2, bias: i(2, 2, 2) }),
    'bias as f32',
    'i32[2,2,2]',
  ],
  ['attentionProbs', () => ops.attentionProbs(f(2, 4), f(2, 2), offsets, { heads: 2 }), 'one shape', 'k f32[2,2]'],
  ['pool', () => ops.pool(i(2, 3), offsets, 'mean'), 'x as f32', 'i32[2,3]'],
  ['pool', () => ops.pool(f(6), offsets, 'mean'), 'x [N,D]', 'f32[6]'],
  ['pool', () => ops.pool(f(2, 3), f(2), 'mean'), 'offsets as i32', 'f32[2]'],
  ['pool', () => ops.pool(f(2, 3), i(1, 2), 'mean'), 'offsets [S+1]', 'i32[1,2]'],
  ['pool', () => ops.pool(f(2, 3), i(0), 'mean'), 'offsets [S+1] with at least one entry', 'i32[0]'],
  ['pool', () => ops.pool(f(2, 3), offsets, wrong), 'mode cls, last, mean, max', 'sum'],
  ['pool', () => ops.pool(f(2, 3), offsets, 'mean', i(2)), 'start [S] = [1]', 'i32[2]'],
  ['pool', () => ops.pool(f(2, 3), offsets, 'mean', f(1)), 'start as i32', 'f32[1]'],
  ['slice', () => ops.slice(f(2, 3), 2, 0, 1), 'an axis of f32[2,3]', 'axis 2'],
  ['slice', () => ops.slice(f(2, 3), -1, 0, 1), 'an axis of f32[2,3]', 'axis -1'],
  ['slice', () => ops.slice(f(2, 3), 1, 0, 4), '0 ≤ begin ≤ end ≤ 3 on axis 1', '0 to 4'],
  ['slice', () => ops.slice(f(2, 3), 1, 2, 1), '0 ≤ begin ≤ end ≤ 3', '2 to 1'],
  ['slice', () => ops.slice(f(2, 3), 1, -4, 1), '0 ≤ begin ≤ end ≤ 3', '-4 to 1'],
  ['slice', () => ops.slice(f(2, 3), 1, 0.5, 1), '0 ≤ begin ≤ end ≤ 3', '0.5 to 1'],
  ['concat', () => ops.concat([], 0), 'at least one tensor', 'none'],
  ['concat', () => ops.concat([f(2, 3), f(2, 4)], 0), 'tensors like f32[2,3] but for axis 0', 'f32[2,4]'],
  ['concat', () => ops.concat([f(2, 3), i(2, 3)], 0), 'tensors like f32[2,3]', 'i32[2,3]'],
  ['concat', () => ops.concat([f(2, 3), f(3)], 0), 'tensors like f32[2,3]', 'f32[3]'],
  ['concat', () => ops.concat([f(2, 3)], 2), 'but for axis 2', 'f32[2,3]'],
  ['transpose', () => ops.transpose(f(2, 3), [0]), 'an order of the axes 0,1', '[0]'],
  ['transpose', () => ops.transpose(f(2, 3), [0, 0]), 'an order of the axes 0,1', '[0,0]'],
  ['transpose', () => ops.transpose(f(2, 3), [0, 2]), 'an order of the axes 0,1', '[0,2]'],
  ['reshape', () => ops.reshape(f(2, 3), [4]), "a shape of f32[2,3]'s size", '[4]'],
  ['reshape', () => ops.reshape(f(2, 3), ['auto', 4]), "a shape of f32[2,3]'s size", '[auto,4]'],
  ['reshape', () => ops.reshape(f(2, 3), ['auto', 'auto']), "a shape of f32[2,3]'s size", '[auto,auto]'],
  ['reshape', () => ops.reshape(f(2, 3), [-2, -3]), "a shape of f32[2,3]'s size", '[-2,-3]'],
  ['reshape', () => ops.reshape(f(2, 2), [2.5, 1.6]), "a shape of f32[2,2]'s size", '[2.5,1.6]'],
  ['reshape', () => ops.reshape(f(2, 2), [4, Number.NaN]), "a shape of f32[2,2]'s size", '[4,NaN]'],
  ['reshape', () => ops.reshape(f(1), [1, 1, 1, 1, 1, 1, 1]), 'at most 6 axes', '[1,1,1,1,1,1,1]'],
  ['convert', () => ops.convert(i(2), 'f16'), 'x for f16 as f32', 'i32[2]'],
  ['bagOfWords', () => ops.bagOfWords(f(2), f(3), i(2)), 'ids as i32', 'f32[2]'],
  ['positions', () => ops.positions(f(2)), 'offsets as i32', 'f32[2]'],
  ['positions', () => ops.positions(i(1, 2)), 'offsets [S+1]', 'i32[1,2]'],
  ['lstm', () => ops.lstm(f(3, 8), i(2), f(3, 8), f(8)), 'weight [H,4H] = [3,12]', 'f32[3,8]'],
  ['unfold', () => ops.unfold(f(2), i(2), 3), 'x [N,D]', 'f32[2]'],
  ['unfold', () => ops.unfold(f(2, 2), i(2), 4), 'an odd size from 1', '4'],
  ['rope', () => ops.rope(f(2, 4), i(2), { cosines: f(2, 2), sines: f(2, 1) }, 1), 'sines [P,d/2] = [2,2]', 'f32[2,1]'],
  [
    'rope',
    () => ops.rope(f(2, 4), i(2), { cosines: f(2, 2), sines: f(2, 2) }, 3),
    'heads that divide the width 4',
    '3',
  ],
];

describe('an operand that does not fit', () => {
  it.each(cases)('%s %#', (op, call, expected, got) => {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TensorError);
    const { message, op: named, code } = error as TensorError;
    expect(named).toBe(op);
    expect(code).toBe('TENSOR');
    expect(message.startsWith(`${op}: expected `)).toBe(true);
    const [wanted = '', came = ''] = message.slice(message.indexOf('expected')).split(', got ');
    expect(wanted).toContain(expected);
    expect(came).toContain(got);
  });

  it('is refused for every operation at least once', () => {
    const functions = Object.entries(ops).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    expect(functions.filter((name) => !cases.some(([op]) => op === name))).toEqual([]);
  });
});
