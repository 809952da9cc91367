/** Layers read their parameters by name and compute what the float64 twins do, eagerly and as a program. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { JsonFile } from '../../src/json-file.js';
import { activationOf } from '../../src/nn/activation.js';
import type { Batch } from '../../src/nn/batch.js';
import { Embedding } from '../../src/nn/embedding.js';
import { LayerNorm } from '../../src/nn/layer-norm.js';
import { Linear } from '../../src/nn/linear.js';
import { SelfAttention } from '../../src/nn/self-attention.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { Checkpoint } from '../../src/weights/checkpoint.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { WeightScope } from '../../src/weights/scope.js';
import { bothWays, type Ports, type Tensors } from '../program/both-ways.js';
import * as activations from '../reference/activations.js';
import { attention, attentionProbs } from '../reference/attention.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { fromBf16, fromF16, halves } from '../reference/half.js';
import { embedding, linear } from '../reference/products.js';
import { Random } from '../reference/random.js';
import { layerNorm } from '../reference/rows.js';

const [rows, size, heads, vocabulary] = [9, 12, 3, 7];
const random = new Random(11);
const values = {
  matrix: random.normals(size * size),
  wide: random.normals(20 * size),
  gamma: random.normals(size),
  beta: random.normals(size),
  bias: random.normals(20),
  table: random.normals(vocabulary * size),
};
const square = (seed: number) => new Random(seed).normals(size * size, 0.5);
const x = random.normals(rows * size);
const input = Tensor.from(x, { shape: [rows, size] });
const offsets = Int32Array.of(0, 4, 4, 9);
/** Sums of 12 products of numbers near 1, and what follows from them: a few roundings of about 10. */
const tolerance = 1e-5;

let folder: string;
let scope: WeightScope;
let checkpoint: Checkpoint;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectral-nn-'));
  const matrix = (data: Float32Array, columns: number) =>
    Tensor.from(data, { shape: [data.length / columns, columns] });
  await writeSafetensors(join(folder, 'model.safetensors'), {
    'plain.weight': matrix(values.wide, size),
    'plain.bias': Tensor.from(values.bias),
    'half.weight': Tensor.from(halves(values.wide, 'f16'), { dtype: 'f16', shape: [20, size] }),
    'half.bias': Tensor.from(halves(values.bias, 'bf16'), { dtype: 'bf16' }),
    'norm.weight': Tensor.from(values.gamma),
    'norm.bias': Tensor.from(values.beta),
    'old.gamma': Tensor.from(values.gamma),
    'old.beta': Tensor.from(values.beta),
    'words.weight': matrix(values.table, size),
    ...Object.fromEntries(
      ['query', 'key', 'value'].flatMap((name, i) => [
        [`self.${name}.weight`, matrix(square(i), size)],
        [`self.${name}.bias`, Tensor.from(values.gamma)],
      ]),
    ),
  });
  checkpoint = await Checkpoint.open(folder);
  scope = WeightScope.of(checkpoint);
});

afterAll(async () => {
  checkpoint.close();
  await rm(folder, { recursive: true });
});

describe('Linear', () => {
  it('is x Wᵀ + b', () => {
    const expected = linear(x, values.wide, values.bias, rows, 20, size);
    const layer = new Linear(scope.at('plain'), size, 20);
    expectClose(layer.forward(input).toFloat32Array(), expected, tolerance);
  });

  it('leaves out a bias that it is told not to have', () => {
    const layer = new Linear(scope.at('plain'), size, 20, { bias: false });
    expect(layer.bias).toBeUndefined();
    const expected = linear(x, values.wide, undefined, rows, 20, size);
    expectClose(layer.forward(input).toFloat32Array(), expected, tolerance);
  });

  it('keeps half weights as they are and widens the bias', () => {
    const layer = new Linear(scope.at('half'), size, 20);
    expect([layer.weight.dtype, layer.bias?.dtype]).toEqual(['f16', 'f32']);
    const weight = Float64Array.from(halves(values.wide, 'f16'), fromF16);
    const bias = Float64Array.from(halves(values.bias, 'bf16'), fromBf16);
    expectClose(layer.forward(input).toFloat32Array(), linear(x, weight, bias, rows, 20, size), tolerance);
  });
});

describe('LayerNorm', () => {
  it.each(['norm', 'old'])('reads the parameters of "%s"', (name) => {
    const layer = new LayerNorm(scope.at(name), size, 1e-5);
    const expected = layerNorm(x, values.gamma, values.beta, size, 1e-5);
    expectClose(layer.forward(input).toFloat32Array(), expected, tolerance);
  });
});

describe('Embedding', () => {
  it('gives rows of its table', () => {
    const ids = Int32Array.of(6, 0, 3, 3);
    const layer = new Embedding(scope.at('words'), vocabulary, size);
    const expected = Float32Array.from(embedding(values.table, ids, size));
    expectSame(layer.forward(Tensor.from(ids)).toFloat32Array(), expected);
  });
});

describe('SelfAttention', () => {
  const ports: Ports = { x: ['f32', [TOKENS, size]], offsets: ['i32', [OFFSETS]] };

  function batchOf(bounds: Tensor, traced?: Map<string, Tensor>): Batch {
    const none = Tensor.zeros([0], 'i32');
    const trace = (name: string, value: () => Tensor) => void traced?.set(name, value());
    return { inputIds: none, tokenTypeIds: none, offsets: bounds, trace };
  }

  it('attends within each sequence, and traces its probabilities', () => {
    const layer = new SelfAttention(scope.at('self'), size, heads);
    const traced = new Map<string, Tensor>();
    const y = layer.forward(input, batchOf(Tensor.from(offsets), traced), 'probs');
    const [q, k, v] = [0, 1, 2].map((i) => linear(x, square(i), values.gamma, rows, size, size));
    const twin = { q: q!, k: k!, offsets, heads, width: size / heads };
    expectClose(y.toFloat32Array(), attention(twin, v!), tolerance);
    expectClose(traced.get('probs')!.toFloat32Array(), attentionProbs(twin), tolerance);
  });

  it('becomes one product of query, key and value in a program', async () => {
    const layer = new SelfAttention(scope.at('self'), size, heads);
    const build = (inputs: Tensors) => ({ y: layer.forward(inputs.x!, batchOf(inputs.offsets!), '') });
    const program = await bothWays(ports, build);
    expect(program.listing.compiled).toContain('3 weights');
    expect(program.listing.recorded).not.toContain('3 weights');
  });
});

describe('an activation', () => {
  const config = (hidden_act: unknown) => new JsonFile('config.json', { hidden_act });
  const points = Float32Array.of(-3, -0.5, 0, 0.5, 3);

  it.each([
    ['gelu', activations.gelu],
    ['gelu_new', activations.geluTanh],
    ['gelu_pytorch_tanh', activations.geluTanh],
    ['gelu_fast', activations.geluTanh],
    ['relu', activations.relu],
    ['silu', activations.silu],
    ['swish', activations.silu],
    ['tanh', activations.tanh],
    ['sigmoid', activations.sigmoid],
    ['linear', (value: number) => value],
  ])('called %s is its formula', (name, formula) => {
    const y = activationOf(config(name), 'hidden_act')(Tensor.from(points));
    expectClose(y.toFloat32Array(), Float64Array.from(points, formula), 1e-6);
  });

  it.each(['mish', '', 'toString', '__proto__'])('called "%s" is refused by file and field', (name) => {
    expect(() => activationOf(config(name), 'hidden_act')).toThrow(ConfigError);
    expect(() => activationOf(config(name), 'hidden_act')).toThrow(
      `config.json: "hidden_act" is "${name}"; supported: gelu`,
    );
  });

  it('may be left to the caller', () => {
    const y = activationOf(new JsonFile('config.json', {}), 'hidden_act', 'relu')(Tensor.from([-1, 1]));
    expect(y.toList()).toEqual([0, 1]);
    expect(() => activationOf(new JsonFile('config.json', {}), 'hidden_act')).toThrow(/"hidden_act" is missing/);
    expect(() => activationOf(config(3), 'hidden_act')).toThrow(/must be a string, got 3/);
  });
});
