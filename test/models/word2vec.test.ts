/** The paper's forward pass against the losses of the step fixtures (float64), and the native trainer's step against its gradient. */
import { readFileSync } from 'node:fs';
import { Tensor, Word2VecNetwork } from 'vectral';
import { describe, expect, test } from 'vitest';
import { native } from '../../src/native.js';

const steps = JSON.parse(readFileSync('test/fixtures/word-vectors/training-steps.json', 'utf8'));
const network = new Word2VecNetwork(Tensor.from(steps.w_in), Tensor.from(steps.w_out));
const ids = (...numbers: number[]) => Tensor.from(Int32Array.from(numbers));

interface Step {
  kind: string;
  input_row?: number;
  context?: number[];
  mean?: boolean;
  rows: number[];
  labels: number[];
  alpha: number;
  loss: number;
}
// Rows that come twice see their own first change, which a single forward pass does not show.
const comparable = (steps.steps as Step[]).filter(
  ({ kind, rows, mean }) =>
    /^(skipgram|cbow)-negative/.test(kind) && new Set(rows).size === rows.length && mean !== false,
);

function hiddenOf(step: Step): Tensor {
  if (step.context === undefined) return network.skipGram(ids(step.input_row!));
  return network.cbow(ids(...step.context), ids(0, step.context.length));
}

test('both kinds are there', () =>
  expect(comparable.map(({ kind }) => kind.split('-')[0])).toEqual(['skipgram', 'cbow']));

describe.each(comparable.map((step) => [step.kind, step] as const))('%s', (_, step) => {
  test('the loss is that of the reference', () => {
    const scores = network.scoresOf(hiddenOf(step), ids(...step.rows)).toFloat32Array();
    const loss = step.labels.reduce((sum, label, i) => sum + Math.log1p(Math.exp(label ? -scores[i]! : scores[i]!)), 0);
    expect(Math.abs(loss - step.loss)).toBeLessThan(2e-6); // five scores in float32
  });

  test('the trainer moves the hidden vector against the gradient', () => {
    const hidden = hiddenOf(step).toFloat32Array();
    const pad = (row: ArrayLike<number>) => Float32Array.from({ length: 16 }, (__, c) => row[c] ?? 0);
    const outputs = Float32Array.from(step.rows.flatMap((row) => [...pad(steps.w_out[row])]));
    const change = native.word2vecStep(pad(hidden), outputs, Float32Array.from(step.labels), step.alpha);
    const loss = (c: number, by: number) =>
      step.rows.reduce((sum, row, i) => {
        const score = steps.w_out[row].reduce(
          (s: number, w: number, k: number) => s + w * (hidden[k]! + (k === c ? by : 0)),
          0,
        );
        return sum + Math.log1p(Math.exp(step.labels[i] ? -score : score));
      }, 0);
    for (let c = 0; c < hidden.length; c++) {
      const slope = (loss(c, 1e-5) - loss(c, -1e-5)) / 2e-5;
      expect(Math.abs(change[c]! + step.alpha * slope)).toBeLessThan(1e-7);
    }
  });
});

test('probabilities are the softmax over all words', () => {
  const hidden = network.cbow(ids(0, 1, 1, 5, 7), ids(0, 3, 5));
  const scores = network.scores(hidden).toList() as number[][];
  const probabilities = network.probabilities(hidden).toList() as number[][];
  for (const [b, words] of [
    [0, 1, 1],
    [5, 7],
  ].entries()) {
    const mean = steps.w_in[0].map(
      (__: number, c: number) => words.reduce((s, w) => s + steps.w_in[w][c], 0) / words.length,
    );
    const expected = steps.w_out.map((row: number[]) => row.reduce((s, x, c) => s + x * mean[c], 0));
    const total = expected.reduce((s: number, x: number) => s + Math.exp(x), 0);
    for (const [w, x] of expected.entries()) {
      expect(Math.abs(scores[b]![w]! - x)).toBeLessThan(1e-6);
      expect(Math.abs(probabilities[b]![w]! - Math.exp(x) / total)).toBeLessThan(1e-6);
    }
  }
});

test('matrices that do not fit are refused', () => {
  expect(() => new Word2VecNetwork(Tensor.from([[1, 2]]), Tensor.from([[1]]))).toThrow('input and output [V, D]');
});
