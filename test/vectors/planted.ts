/** A corpus of made-up words in which pairs share their contexts and never meet (test/fixtures/word-vectors). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { KeyedVectors, Word2VecOptions } from 'vectral';

const fixtures = 'test/fixtures/word-vectors';

/** The pairs, gensim's results and what an implementation must reach. */
export const probe = JSON.parse(readFileSync(`${fixtures}/planted-probe.json`, 'utf8'));
export const planted = gunzipSync(readFileSync(`${fixtures}/planted-corpus.txt.gz`))
  .toString()
  .trim()
  .split('\n');

/** Of a training that is short and has the same bits each time. */
export const settings: Word2VecOptions = {
  vectorSize: 32,
  window: 5,
  minCount: 1,
  sample: 1e-3,
  alpha: 0.025,
  minAlpha: 1e-4,
  epochs: 5,
  threads: 1,
};

export function rowsOf(vectors: KeyedVectors): Float32Array {
  return vectors.rows(Int32Array.from({ length: vectors.size }, (_, i) => i));
}

/** Mean reciprocal rank of the partners among all words. */
export function meanReciprocalRank(vectors: KeyedVectors): number {
  const pairs = probe.pairs as [string, string][];
  const sum = pairs.reduce((total, [a, b]) => total + 1 / vectors.rank(a, b) + 1 / vectors.rank(b, a), 0);
  return sum / pairs.length / 2;
}
