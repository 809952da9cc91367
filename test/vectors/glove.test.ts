/** GloVe: what is learnt, and what a trainer must not do. Single steps and counts: native/test/test_vectors_glove.cc. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Glove, type GloveOptions, type GloveProgress, type KeyedVectors, UsageError } from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';
import { meanReciprocalRank, planted } from './planted.js';

const settings: GloveOptions = { vectorSize: 32, windowSize: 5, minCount: 1, threads: 1 };

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('vectral-glove-'));
const before = leftovers();
afterAll(() => expect(leftovers()).toEqual(before));

function rowsOf(vectors: KeyedVectors): Float32Array {
  return vectors.rows(Int32Array.from({ length: vectors.size }, (_, i) => i));
}

describe('training', () => {
  // A float64 program of the paper's formulas, pair after pair in NumPy, comes to 0.84 with xMax 100 and to 0.133 with xMax 10
  // (docs/adr/020); seeds differ by about 0.02.
  test.each([
    [{}, 0.75, 0.9],
    [{ threads: 2 }, 0.75, 0.9],
    [{ xMax: 10 }, 0.09, 0.18],
  ])('finds what is planted as well as the formulas do: %j', async (more, least, most) => {
    const found = meanReciprocalRank((await Glove.train(planted, { ...settings, ...more })).wv);
    expect(found).toBeGreaterThan(least);
    expect(found).toBeLessThan(most);
  });

  test('comes to the counts: w·c + b + b nears log x', async () => {
    const losses: number[] = [];
    const onProgress = ({ loss }: GloveProgress) => losses.push(loss);
    await Glove.train(planted, { ...settings, epochs: 10, onProgress });
    expect(losses.every((loss, i) => i === 0 || loss < losses[i - 1]! * 1.02)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  test('the same seed and one thread give the same bits, another seed others, little memory as good ones', async () => {
    const lines = planted.slice(0, 2000);
    const short = { ...settings, epochs: 2 };
    const { wv, pairs, trainedPairs } = await Glove.train(lines, short);
    expect(trainedPairs).toBe(2 * pairs);
    expect(rowsOf((await Glove.train({ [Symbol.iterator]: () => lines.values() }, short)).wv)).toEqual(rowsOf(wv));
    expect(rowsOf((await Glove.train(lines, { ...short, seed: 2 })).wv)).not.toEqual(rowsOf(wv));
    const little = await Glove.train(planted, { ...settings, memory: 1 });
    expect(meanReciprocalRank(little.wv)).toBeGreaterThan(0.75);
  });

  test('words alone, another window, one side', async () => {
    const lines = planted.slice(0, 300);
    const sum = await Glove.train(lines, { ...settings, epochs: 1 });
    const word = await Glove.train(lines, { ...settings, epochs: 1, model: 'word' });
    expect(rowsOf(word.wv)).not.toEqual(rowsOf(sum.wv));
    const left = await Glove.train(['a b c'], { ...settings, epochs: 1, symmetric: false });
    expect(left.pairs).toBe(3); // b a, c a, c b
    expect((await Glove.train(['a b c'], { ...settings, epochs: 1, windowSize: 1 })).pairs).toBe(4);
    expect((await Glove.train(['a b a', 'b'], { ...settings, epochs: 1 })).pairs).toBe(3); // a b, b a, a a
  });

  test('ends when it is told to, and keeps what it has', async () => {
    const ender = new AbortController();
    const seen: GloveProgress[] = [];
    const onProgress = (progress: GloveProgress) => {
      seen.push(progress);
      ender.abort();
    };
    const model = await Glove.train(planted, { ...settings, signal: ender.signal, onProgress });
    expect(seen.length).toBe(1);
    expect(seen[0]).toMatchObject({ epoch: 1, totalPairs: 25 * model.pairs });
    expect(model.trainedPairs).toBe(seen[0]!.pairs);
    expect(model.wv.size).toBeGreaterThan(400);
    await expect(Glove.train(planted, { ...settings, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

test.each([
  ['text.txt', {}, /a corpus is a list of sentences/],
  [(function* () {})(), {}, /can be read only once/],
  [['a b'], {}, /no word comes 5 times or more among 2 different words/],
  [[], { minCount: 1 }, /no word comes 1 times/],
  [['a', 'b'], { minCount: 1 }, /no two words come together/],
  [['a b'], { vectorSize: 0 }, /vectorSize/],
  [['a b'], { windowSize: -1 }, /windowSize/],
  [['a b'], { xMax: 0 }, /xMax must be a number above 0/],
  [['a b'], { eta: Number.NaN }, /eta/],
  [['a b'], { gradClip: -1 }, /gradClip/],
  [['a b'], { threads: 100_000 }, /threads/],
  [['a b'], { memory: 0 }, /memory/],
  [['a b'], { model: 'both' }, /model must be sum or word/],
  [['a b'], { window: 3 }, /there is no "window"/],
  [planted.slice(0, 200), { minCount: 1, eta: 1e30, gradClip: 1e30 }, /lower eta/],
])('%j %j is refused', async (corpus, options, message) => {
  const training = Glove.train(corpus as never, options as GloveOptions);
  await expect(training).rejects.toThrow(message);
  await expect(training).rejects.toBeInstanceOf(UsageError);
});
