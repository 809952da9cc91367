import { TensorError } from '../errors.js';
import { checkOptions, describeValue } from '../options.js';
import { OFFSETS, PAIRS, SEQUENCES } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectOffsets } from './offsets.js';
import { expectDtype, expectNumber, expectShape, run } from './run.js';

/** How {@link attention} weighs. */
export interface AttentionOptions {
  /** H; must divide the width of q. */
  readonly heads: number;
  /** Factor on q · k; default 1/√d with d the width of a head. */
  readonly scale?: number;
  /** A token sees itself and what stands before it. Default false. */
  readonly causal?: boolean;
  /** A token sees those at most so many places away (ModernBERT's local layers). Not with `causal`. */
  readonly window?: number;
  /** `[H, L', L']` f32, L' at least the longest sequence: added before the softmax, the same for every sequence. */
  readonly bias?: Tensor;
  /** `[H, 2m + 1]` f32: added before the softmax by j − i, clamped to ±m (T5, MPNet). One kind of bias at a time. */
  readonly distanceBias?: Tensor;
  /** DeBERTa's disentangled terms. */
  readonly relative?: RelativeTerms;
  /**
   * `[S]` i32: how many of each sequence's first tokens are seen, from 1 to T; default all. What stands after them sees
   * but is not seen. Not with `causal`.
   */
  readonly keys?: Tensor;
}

/**
 * Attention to relative positions (He et al. 2020, arXiv:2006.03654): scale · (qᵢ · keys[x] + kⱼ · queries[x]) is added to the
 * score of i and j, with x = distances[clamp(j − i, −m, m) + m]. At least one of the two tables.
 */
export interface RelativeTerms {
  /** `[R, H·d]` f32: what a content's query meets (content to position). */
  readonly keys?: Tensor | undefined;
  /** `[R, H·d]` f32: what meets a content's key (position to content). */
  readonly queries?: Tensor | undefined;
  /** `[2m + 1]` i32: rows of the tables. */
  readonly distances: Tensor;
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
  checkOptions(op, options, ['heads', 'scale', 'causal', 'window', 'bias', 'distanceBias', 'relative', 'keys']);
  const q = operands.q;
  const [tokens = 0, width = 0] = q?.shape ?? [];
  for (const [name, tensor] of Object.entries(operands)) {
    expectDtype(op, name, tensor, 'f32');
    if (tensor.rank !== 2 || tensor.shape[0] !== tokens || tensor.shape[1] !== width) {
      throw new TensorError(op, 'q, k and v of one shape [N,H·d]', `${q} and ${name} ${tensor}`);
    }
  }
  expectOffsets(op, offsets);
  const { heads, window, keys, causal = false } = options;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new TensorError(op, `heads that divide the width ${width}`, describeValue(heads));
  }
  if (window !== undefined && (!Number.isInteger(window) || window < 0 || causal)) {
    throw new TensorError(op, 'a window of whole places from 0, without causal', describeValue(causal ? true : window));
  }
  if (keys !== undefined) {
    expectDtype(op, 'keys', keys, 'i32');
    const bounds = offsets.shape[0] ?? 0;
    expectShape(op, 'keys', keys, [bounds === OFFSETS ? SEQUENCES : bounds - 1], '[S]');
    if (causal) throw new TensorError(op, 'either keys or causal', 'both');
  }
  const scale = options.scale ?? 1 / Math.sqrt(Math.max(width / heads, 1));
  expectNumber(op, 'scale', scale);
  const { kind, tensors } = biasOf(op, width, options);
  const attributes = {
    heads,
    scale,
    causal,
    ...(window === undefined ? {} : { window }),
    ...(kind === undefined ? {} : { bias: kind }),
  };
  return { attributes, more: keys ? [...tensors, keys] : tensors };
}

/** What is added to the scores, as the native operation names and reads it. */
function biasOf(op: string, width: number, options: AttentionOptions): { kind?: string; tensors: readonly Tensor[] } {
  const { heads, bias, distanceBias, relative } = options;
  if ([bias, distanceBias, relative].filter((given) => given !== undefined).length > 1) {
    throw new TensorError(op, 'one of bias, distanceBias and relative', 'several');
  }
  if (bias !== undefined) {
    expectDtype(op, 'bias', bias, 'f32');
    if (bias.rank !== 3 || bias.shape[0] !== heads || bias.shape[1] !== bias.shape[2]) {
      throw new TensorError(op, `bias [H,L,L] with H = ${heads}`, bias.toString());
    }
    return { kind: 'square', tensors: [bias] };
  }
  if (distanceBias !== undefined) {
    expectDtype(op, 'distanceBias', distanceBias, 'f32');
    if (distanceBias.rank !== 2 || distanceBias.shape[0] !== heads || (distanceBias.shape[1] ?? 0) % 2 !== 1) {
      throw new TensorError(op, `distanceBias [H,2m+1] with H = ${heads}`, distanceBias.toString());
    }
    return { kind: 'distance', tensors: [distanceBias] };
  }
  if (relative === undefined) return { tensors: [] };
  checkOptions(op, relative, ['keys', 'queries', 'distances'], 'relative');
  const { keys, queries, distances } = relative;
  const tables = [keys, queries].filter((table) => table !== undefined);
  if (tables.length === 0) throw new TensorError(op, 'relative.keys or relative.queries', 'neither');
  for (const table of tables) {
    expectDtype(op, 'relative.keys and .queries', table, 'f32');
    if (table.rank !== 2 || table.shape[1] !== width || table.shape[0] !== tables[0]?.shape[0]) {
      throw new TensorError(op, `relative.keys and .queries [R,H·d] with H·d = ${width}`, table.toString());
    }
  }
  expectDtype(op, 'relative.distances', distances, 'i32');
  if (distances.rank !== 1 || (distances.shape[0] ?? 0) % 2 !== 1) {
    throw new TensorError(op, 'relative.distances [2m+1]', distances.toString());
  }
  const kind = tables.length === 2 ? 'query_key' : keys ? 'query' : 'key';
  return { kind, tensors: [...tables, distances] };
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
