import { TensorError } from '../errors.js';
import { checkOptions, describeValue } from '../options.js';
import { OFFSETS, PAIRS, SEQUENCES } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, expectNumber, expectRank, expectShape, run } from './run.js';

/** How {@link attention} weighs. */
export interface AttentionOptions {
  /** H; must divide the width of q. */
  readonly heads: number;
  /** Factor on q · k; default 1/√d with d the width of a head. */
  readonly scale?: number;
  /** A token sees itself and what stands before it. Default false. */
  readonly causal?: boolean;
  /** `[H, L', L']` f32, L' at least the longest sequence: added before the softmax, the same for every sequence. */
  readonly bias?: Tensor;
  /**
   * `[S]` i32: how many of each sequence's first tokens are seen, from 1 to T; default all. What stands after them sees
   * but is not seen. Not with `causal`.
   */
  readonly keys?: Tensor;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over packed sequences: each attends within itself.
 * @param q `[N, H·d]` f32, as k and v. @param offsets `[S+1]` i32: where each sequence begins; first 0, last N.
 * @returns softmax(scale · q kᵀ + bias) v, `[N, H·d]` f32.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, offsets: Tensor, options: AttentionOptions): Tensor {
  const { attributes, more } = check('attention', { q, k, v }, offsets, options);
  return run({ op: 'attention', inputs: [q, k, v, offsets, ...more], dtype: 'f32', shape: q.shape, attributes });
}

/**
 * The weights of {@link attention} themselves, for looking inside.
 * @returns `[H, P]` f32, P = Σ T²: for each head the `[T, T]` blocks of all sequences, one after another.
 */
export function attentionProbs(q: Tensor, k: Tensor, offsets: Tensor, options: AttentionOptions): Tensor {
  const { attributes, more } = check('attentionProbs', { q, k }, offsets, options);
  // whatever the other operands are: offsets known while recording fix P, and recorded ones leave it open
  const shape = [options.heads, offsets.recorded ? PAIRS : pairsOf(offsets, q.shape[0] ?? 0)];
  return run({ op: 'attentionProbs', inputs: [q, k, offsets, ...more], dtype: 'f32', shape, attributes });
}

function check(op: string, operands: Record<string, Tensor>, offsets: Tensor, options: AttentionOptions) {
  checkOptions(op, options, ['heads', 'scale', 'causal', 'bias', 'keys']);
  const q = operands.q;
  const [tokens = 0, width = 0] = q?.shape ?? [];
  for (const [name, tensor] of Object.entries(operands)) {
    expectDtype(op, name, tensor, 'f32');
    if (tensor.rank !== 2 || tensor.shape[0] !== tokens || tensor.shape[1] !== width) {
      throw new TensorError(op, 'q, k and v of one shape [N,H·d]', `${q} and ${name} ${tensor}`);
    }
  }
  expectDtype(op, 'offsets', offsets, 'i32');
  expectRank(op, 'offsets', offsets, 1, '[S+1]');
  const { heads, bias, keys, causal = false } = options;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new TensorError(op, `heads that divide the width ${width}`, describeValue(heads));
  }
  if (bias !== undefined) {
    expectDtype(op, 'bias', bias, 'f32');
    if (bias.rank !== 3 || bias.shape[0] !== heads || bias.shape[1] !== bias.shape[2]) {
      throw new TensorError(op, `bias [H,L,L] with H = ${heads}`, bias.toString());
    }
  }
  if (keys !== undefined) {
    expectDtype(op, 'keys', keys, 'i32');
    const bounds = offsets.shape[0] ?? 0;
    expectShape(op, 'keys', keys, [bounds === OFFSETS ? SEQUENCES : bounds - 1], '[S]');
    if (causal) throw new TensorError(op, 'either keys or causal', 'both');
  }
  const scale = options.scale ?? 1 / Math.sqrt(Math.max(width / heads, 1));
  expectNumber(op, 'scale', scale);
  return { attributes: { heads, scale, causal }, more: [bias, keys].filter((tensor) => tensor !== undefined) };
}

function pairsOf(offsets: Tensor, tokens: number): number {
  const bounds = offsets.toArray() as Int32Array;
  const falls = bounds.some((bound, s) => bound < (bounds[s - 1] ?? 0));
  // a symbol for N is negative; a run compares it with the last bound
  if (bounds[0] !== 0 || falls || (tokens >= 0 && bounds.at(-1) !== tokens)) {
    throw new TensorError(
      'attentionProbs',
      `offsets that begin with 0, never fall and end with N`,
      `[${bounds.slice(0, 8)}]`,
    );
  }
  return bounds.reduce((sum, end, s) => sum + (end - (bounds[s - 1] ?? 0)) ** 2, 0);
}
