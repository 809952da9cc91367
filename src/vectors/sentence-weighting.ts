/** What words weigh in a sentence, and what sentences have in common. */
import { matmul, transpose } from '../ops/index.js';
import { Tensor } from '../tensor/tensor.js';
import type { WhitespaceTokenizer } from '../tokenizers/whitespace.js';
import { batches, type Corpus } from './corpus.js';
import { slices } from './projection/slices.js';
import { symmetricEigen } from './projection/symmetric-eigen.js';

const sentencesAtOnce = 512;

/** a / (a + p) for the share p of each word in `total` (Arora, Liang and Ma 2017, A simple but tough-to-beat baseline). */
export function sifWeights(counts: readonly number[], total: number, a: number): Float64Array {
  return Float64Array.from(counts, (count) => a / (a + count / total));
}

/**
 * a / (a / 2 + p), where a = (1 - α) / (α |V| / 2) and α is the share of words that a sentence of `length` words, each drawn from
 * all alike, would rather hold than not (Ethayarajh 2018, Unsupervised random walk sentence embeddings, 3.2). The vocabulary is
 * those that were counted.
 */
export function usifWeights(counts: readonly number[], total: number, length: number): Float64Array {
  const words = counts.filter((count) => count > 0).length;
  const threshold = 1 - (1 - 1 / words) ** length;
  const alpha = counts.filter((count) => count / total > threshold).length / words;
  // none or all are as frequent as that, in a vocabulary of a few words: no weighting
  if (alpha === 0 || alpha === 1) return new Float64Array(counts.length).fill(2);
  const a = (1 - alpha) / (alpha * 0.5 * words);
  return Float64Array.from(counts, (count) => a / (0.5 * a + count / total));
}

/** Of counts. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** How often each word of the vocabulary comes in the corpus. */
export async function countTokens(
  tokenizer: WhitespaceTokenizer,
  corpus: Corpus,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const counts = new Array<number>(tokenizer.vocabSize).fill(0);
  for await (const ids of sentences(tokenizer, corpus, signal)) for (const id of ids) counts[id]! += 1;
  return counts;
}

/** What sentences are made of: `rows` `[words, dim]`, a weight for each. */
export interface WeightedWords {
  readonly tokenizer: WhitespaceTokenizer;
  readonly rows: Float32Array;
  readonly dim: number;
  readonly weights: Float64Array;
}

/**
 * The matrix `[dim, dim]` that takes the first right singular vectors of the sentences away: wholly, or (`byShare`) each times its
 * share in the squares of the singular values of all that are taken. Sentences are means of weighted words, not centred.
 */
export async function commonComponents(
  { tokenizer, rows, dim, weights }: WeightedWords,
  corpus: Corpus,
  components: number,
  byShare: boolean,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const products = new Float64Array(dim * dim);
  const batch = new Float32Array(sentencesAtOnce * dim);
  let held = 0;
  const take = () => {
    const x = Tensor.from(batch.slice(0, held * dim), { shape: [held, dim] });
    for (const [i, value] of matmul(transpose(x), x).toFloat32Array().entries()) products[i]! += value;
    batch.fill(0);
    held = 0;
  };
  for await (const ids of sentences(tokenizer, corpus, signal)) {
    if (ids.length === 0) continue;
    const at = held * dim;
    for (const id of ids) {
      const factor = weights[id]! / ids.length;
      for (let c = 0; c < dim; c++) batch[at + c]! += factor * rows[id * dim + c]!;
    }
    if (++held === sentencesAtOnce) take();
  }
  if (held > 0) take();
  const { values, vectors } = await symmetricEigen(products, dim, slices(signal));
  const squares = sum(Array.from(values.subarray(0, components)));
  const projection = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) projection[i * dim + i] = 1;
  for (let k = 0; k < components && values[k]! > 0; k++) {
    const share = byShare ? values[k]! / squares : 1;
    const direction = vectors.subarray(k * dim, (k + 1) * dim);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < dim; j++) projection[i * dim + j]! -= share * direction[i]! * direction[j]!;
    }
  }
  return projection;
}

/** Ids of the known words of each line. */
async function* sentences(
  tokenizer: WhitespaceTokenizer,
  corpus: Corpus,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly number[]> {
  const pause = slices(signal);
  for await (const batch of batches(corpus)) {
    for (const line of Buffer.from(batch).toString().split('\n')) {
      await pause();
      if (line !== '') yield tokenizer.encode(line).ids;
    }
  }
}
