/** Scaled dot-product attention over packed sequences by its formula. */
import { softmax } from './rows.js';

type Numbers = ArrayLike<number>;

export interface AttentionCase {
  readonly q: Numbers;
  readonly k: Numbers;
  readonly offsets: Numbers;
  readonly heads: number;
  /** d: columns of one head. */
  readonly width: number;
  readonly scale?: number;
  readonly causal?: boolean;
  /** `[heads, side, side]` */
  readonly bias?: { readonly values: Numbers; readonly side: number };
  /** How many first tokens of each sequence are seen. */
  readonly keys?: Numbers;
  /** `[heads, 2 most + 1]`, by j - i. */
  readonly distanceBias?: { readonly values: Numbers; readonly most: number };
  /** Tables `[rows, heads · width]` of which `distances` `[2 most + 1]` names a row by j - i. */
  readonly relative?: {
    readonly keys?: Numbers | undefined;
    readonly queries?: Numbers | undefined;
    readonly distances: Numbers;
  };
  readonly window?: number;
}

const clamp = (x: number, most: number) => Math.max(-most, Math.min(x, most));

/** What is added to the score of tokens i and j of the sequence that begins at `begin`. */
function added(c: AttentionCase, head: number, begin: number, i: number, j: number): number {
  let sum = c.bias ? c.bias.values[(head * c.bias.side + i) * c.bias.side + j]! : 0;
  if (c.distanceBias) {
    const { values, most } = c.distanceBias;
    sum += values[head * (2 * most + 1) + clamp(j - i, most) + most]!;
  }
  if (c.relative) {
    const { keys, queries, distances } = c.relative;
    const most = (distances.length - 1) / 2;
    const row = distances[clamp(j - i, most) + most]!;
    const columns = c.heads * c.width;
    for (let l = head * c.width; l < (head + 1) * c.width; l++) {
      const terms =
        (keys ? c.q[(begin + i) * columns + l]! * keys[row * columns + l]! : 0) +
        (queries ? c.k[(begin + j) * columns + l]! * queries[row * columns + l]! : 0);
      sum += (c.scale ?? 1 / Math.sqrt(c.width)) * terms;
    }
  }
  return sum;
}

/** Probabilities of one head and sequence, `[T, T]`. */
function block(c: AttentionCase, head: number, begin: number, length: number, s: number): Float64Array {
  const columns = c.heads * c.width;
  const scores = new Float64Array(length * length);
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < length; j++) {
      let dot = 0;
      for (let l = 0; l < c.width; l++) {
        dot += c.q[(begin + i) * columns + head * c.width + l]! * c.k[(begin + j) * columns + head * c.width + l]!;
      }
      const bias = added(c, head, begin, i, j);
      const near = Math.abs(i - j) <= (c.window ?? length);
      const seen = near && (!c.causal || j <= i) && j < (c.keys?.[s] ?? length);
      scores[i * length + j] = seen ? dot * (c.scale ?? 1 / Math.sqrt(c.width)) + bias : Number.NEGATIVE_INFINITY;
    }
  }
  return softmax(scores, length);
}

type Visit = (head: number, begin: number, length: number, sequence: number) => void;

function eachBlock(c: AttentionCase, visit: Visit): void {
  for (let head = 0; head < c.heads; head++) {
    for (let s = 0; s + 1 < c.offsets.length; s++) visit(head, c.offsets[s]!, c.offsets[s + 1]! - c.offsets[s]!, s);
  }
}

/** `[heads, Σ T²]` */
export function attentionProbs(c: AttentionCase): Float64Array {
  const blocks: number[] = [];
  eachBlock(c, (head, begin, length, s) => blocks.push(...block(c, head, begin, length, s)));
  return Float64Array.from(blocks);
}

/** `[N, heads · width]` */
export function attention(c: AttentionCase, v: Numbers): Float64Array {
  const columns = c.heads * c.width;
  const y = new Float64Array(v.length);
  eachBlock(c, (head, begin, length, s) => {
    const probs = block(c, head, begin, length, s);
    for (let i = 0; i < length; i++) {
      for (let l = 0; l < c.width; l++) {
        let sum = 0;
        for (let j = 0; j < length; j++) sum += probs[i * length + j]! * v[(begin + j) * columns + head * c.width + l]!;
        y[(begin + i) * columns + head * c.width + l] = sum;
      }
    }
  });
  return y;
}
