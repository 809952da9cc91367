/** What steps cost, against figures worked out by hand. */
import { describe, expect, it } from 'vitest';
import * as ops from '../../src/ops/index.js';
import { type StepCost, stepCost } from '../../src/program/cost.js';
import { Graph } from '../../src/program/graph.js';
import { rewrite } from '../../src/program/rules/index.js';
import { describeStep, labelStep } from '../../src/program/steps.js';
import { OFFSETS, SEQUENCES, symbolSizes, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { constant, offsetsOf } from './both-ways.js';

// three sequences: N = 10, S = 3, P = 25 + 9 + 4 = 38
const symbols = symbolSizes(offsetsOf([5, 3, 2]));

/** Cost and label of the last step that `build` records. */
function costOf(build: (graph: Graph) => void, attributes = {}): StepCost & { label: string } {
  const graph = new Graph();
  build(graph);
  const step = graph.steps.at(-1)!;
  const described = describeStep(graph, { ...step, attributes: { ...step.attributes, ...attributes } });
  return { ...stepCost(described, symbols), label: labelStep(described, symbols) };
}

const x = (graph: Graph, width = 12) => graph.input('x', 'f32', [TOKENS, width]);
const half = (shape: readonly number[]) =>
  Tensor.from(new Uint16Array(shape.reduce((a, b) => a * b, 1)), { dtype: 'f16', shape });

describe('linear', () => {
  // 2 · 10 rows · 12 in · 20 out; x 10 · 12 floats in, 10 · 20 out
  const operations = 4800;
  const valueBytes = (120 + 200) * 4;

  it('counts multiply-adds, the matrix, the bias, x and the result', () => {
    expect(costOf((graph) => ops.linear(x(graph), constant([20, 12], 1), constant([20], 2)))).toEqual({
      operations,
      weightBytes: 20 * 12 * 4 + 20 * 4,
      valueBytes,
      label: 'linear [10,12] × [20,12]',
    });
  });

  it('reads half-width weights as they lie', () => {
    expect(costOf((graph) => ops.linear(x(graph), half([20, 12])))).toMatchObject({
      operations,
      weightBytes: 20 * 12 * 2,
      valueBytes,
    });
  });

  it('in bf16 and int8 reads what it packed', () => {
    const build = (graph: Graph) => ops.linear(x(graph), constant([20, 12], 1), constant([20], 2));
    expect(costOf(build, { arithmetic: 'bf16' }).weightBytes).toBe(20 * 12 * 2 + 20 * 4);
    // a byte each, and for each output feature bias, scale and sum
    expect(costOf(build, { arithmetic: 'int8' }).weightBytes).toBe(20 * 12 + 20 * 12);
    expect(costOf(build, { arithmetic: 'int8' }).operations).toBe(operations);
  });

  it('stacks weights and reads a residual', () => {
    const graph = new Graph();
    const input = x(graph);
    ops.linear(input, constant([20, 12], 1));
    const [single] = graph.steps;
    const residual = graph.input('r', 'f32', [TOKENS, 28]);
    const step = {
      ...single!,
      inputs: [...single!.inputs, residual.recorded!.value],
      output: graph.add({ dtype: 'f32', shape: [TOKENS, 28] }),
      attributes: { activation: 'gelu' },
      weights: [{ weight: half([20, 12]) }, { weight: constant([8, 12], 2) }],
    };
    const described = describeStep(graph, step);
    expect(stepCost(described, symbols)).toEqual({
      operations: 2 * 10 * 12 * 28,
      weightBytes: 28 * 12 * 4, // parts of two types are packed as f32
      valueBytes: (120 + 280 + 280) * 4,
    });
    expect(labelStep(described, symbols)).toBe('linear [10,12] × [28,12] gelu + residual');
  });

  it('with a norm reads gamma and beta', () => {
    const graph = new Graph();
    const normed = ops.layerNorm(
      ops.linear(x(graph), constant([20, 12], 1)),
      constant([20], 2),
      constant([20], 3),
      1e-5,
    );
    graph.output('y', normed);
    rewrite(graph);
    const [step, ...more] = graph.steps.map((each) => describeStep(graph, each));
    expect(more).toEqual([]);
    expect(labelStep(step!, symbols)).toBe('linear [10,12] × [20,12] layerNorm');
    expect(stepCost(step!, symbols)).toEqual({
      operations,
      weightBytes: 20 * 12 * 4 + 2 * 20 * 4,
      valueBytes,
    });
  });
});

describe('attention', () => {
  const build = (graph: Graph, causal: boolean, offsets = graph.input('offsets', 'i32', [OFFSETS])) =>
    ops.attention(x(graph), graph.input('k', 'f32', [TOKENS, 12]), graph.input('v', 'f32', [TOKENS, 12]), offsets, {
      heads: 3,
      causal,
    });

  it('goes by the squares of the lengths', () => {
    expect(costOf((graph) => build(graph, false))).toEqual({
      operations: 2 * 2 * 38 * 12,
      weightBytes: 0,
      valueBytes: 4 * 120 * 4 + 4 * 4, // q, k, v and the result; 4 offsets
      label: 'attention [10,12], 3 heads',
    });
  });

  it('that looks back only does half of it, and the diagonal', () => {
    // 15 + 6 + 3 scores a head
    expect(costOf((graph) => build(graph, true)).operations).toBe(2 * 2 * 24 * 12);
  });

  it('with offsets known while recording goes by them', () => {
    const offsets = Tensor.from(Int32Array.of(0, 4, 10));
    expect(costOf((graph) => build(graph, false, offsets)).operations).toBe(2 * 2 * (16 + 36) * 12);
  });

  it('probabilities are one product', () => {
    const cost = costOf((graph) => {
      ops.attentionProbs(x(graph), graph.input('k', 'f32', [TOKENS, 12]), graph.input('offsets', 'i32', [OFFSETS]), {
        heads: 3,
      });
    });
    expect(cost).toMatchObject({ operations: 2 * 38 * 12, valueBytes: 2 * 120 * 4 + 4 * 4 + 3 * 38 * 4 });
  });
});

it('matmul: every matrix of a batch', () => {
  const cost = costOf((graph) => {
    ops.matmul(graph.input('a', 'f32', [4, TOKENS, 12]), graph.input('b', 'f32', [4, 12, 7]));
  });
  expect(cost).toEqual({
    operations: 2 * 4 * 10 * 12 * 7,
    weightBytes: 0,
    valueBytes: (480 + 4 * 84 + 280) * 4,
    label: 'matmul [4,10,12] → [4,10,7]',
  });
});

describe('what only moves values has no operations', () => {
  it('embedding: the rows that are asked for', () => {
    const build = (rows: number) => (graph: Graph) =>
      ops.embedding(half([rows, 12]), graph.input('ids', 'i32', [TOKENS]));
    expect(costOf(build(1000))).toEqual({
      operations: 0,
      weightBytes: 120 * 2,
      valueBytes: 10 * 4 + 120 * 4,
      label: 'embedding [1000,12] → [10,12]',
    });
    expect(costOf(build(2)).weightBytes).toBe(24 * 2);
  });

  it('layerNorm: gamma and beta are weights', () => {
    const cost = costOf((graph) => ops.layerNorm(x(graph), constant([12], 1), constant([12], 2), 1e-5));
    expect(cost).toEqual({ operations: 0, weightBytes: 96, valueBytes: 960, label: 'layerNorm [10,12]' });
  });

  it('slice: the part', () => {
    expect(costOf((graph) => ops.slice(x(graph), 1, 0, 3)).valueBytes).toBe(2 * 30 * 4);
  });

  it('pool: all rows, or one of each sequence', () => {
    const build = (mode: 'mean' | 'cls') => (graph: Graph) => {
      const start = graph.input('start', 'i32', [SEQUENCES]);
      ops.pool(x(graph), graph.input('offsets', 'i32', [OFFSETS]), mode, start);
    };
    expect(costOf(build('mean')).valueBytes).toBe((120 + 4 + 3 + 36) * 4);
    expect(costOf(build('cls')).valueBytes).toBe((36 + 4 + 3 + 36) * 4);
  });
});
