import { describe, expect, it } from 'vitest';
import { FastText, UsageError, WeightsError } from '../../src/index.js';

const topics = [
  ['cat', 'dog', 'horse', 'sheep'],
  ['bread', 'butter', 'cheese', 'apple'],
  ['rain', 'snow', 'storm', 'cloud'],
];
/** A line of each topic in turn: two of its words and one that says nothing. */
const lines = Array.from({ length: 600 }, (_, i) => {
  const words = topics[i % 3] as string[];
  return `__label__${i % 3} ${words[i % 4]} noise${i % 11} ${words[(i >> 2) % 4]}`;
});

describe('FastText.trainSupervised', () => {
  it.each(['softmax', 'ns', 'hs', 'ova'] as const)(
    'learns labels with %s; one thread and a seed give the same bits',
    async (loss) => {
      const options = { loss, dim: 16, epoch: 20, wordNgrams: 2, minn: 2, maxn: 3, bucket: 1000, lr: 0.3, seed: 3 };
      using model = await FastText.trainSupervised(lines, options);
      expect(model.args).toMatchObject({ loss, dim: 16, epoch: 20, model: 'supervised', bucket: 1000 });
      expect(model.labels.toSorted()).toEqual(['__label__0', '__label__1', '__label__2']);
      for (const [i, words] of topics.entries()) {
        expect(model.predict(`${words[0]} ${words[2]}`)[0]?.label).toBe(`__label__${i}`);
        // a word that it never saw, by its n-grams
        expect(model.predict(`${words[3]}s`)[0]?.label).toBe(`__label__${i}`);
      }
      using again = await FastText.trainSupervised(lines, options);
      using other = await FastText.trainSupervised(lines, { ...options, seed: 4 });
      expect(again.vector('cat')).toEqual(model.vector('cat'));
      expect(other.vector('cat')).not.toEqual(model.vector('cat'));
    },
  );

  it('learns with several threads, and tells how far it is', async () => {
    using model = await FastText.trainSupervised(lines, { dim: 8, epoch: 30, threads: 2, onProgress: () => {} });
    expect(model.predict('rain snow')[0]?.label).toBe('__label__2');
    expect(model.args.bucket).toBe(0);
    const kept = await model.toKeyedVectors();
    expect(kept.size).toBe(model.words.length);
    expect(kept.vector('rain')).toEqual(model.vector('rain'));
  });

  it('keeps what is learnt when it is told to end', async () => {
    const controller = new AbortController();
    controller.abort();
    using model = await FastText.trainSupervised(lines, { dim: 8, epoch: 2 ** 30, signal: controller.signal });
    expect(model.words).toContain('rain');
  });

  it('refuses what makes no sense', async () => {
    const train = (input: unknown, options = {}) => FastText.trainSupervised(input as string, options);
    await expect(train(lines, { dim: 0 })).rejects.toThrow(/dim must be a whole number from 1, got 0/);
    await expect(train(lines, { loss: 'hinge' })).rejects.toThrow(UsageError);
    await expect(train(lines, { lr: -1 })).rejects.toThrow(/lr must be/);
    await expect(train(lines, { wordNgrams: 2, bucket: 0 })).rejects.toThrow(/bucket must be at least 1/);
    await expect(train(lines, { epochs: 2 })).rejects.toThrow(/epoch/);
    await expect(train(['a\nb'])).rejects.toThrow(UsageError);
    await expect(train([1])).rejects.toThrow(UsageError);
    await expect(train(3)).rejects.toThrow(UsageError);
    await expect(train(['no label'])).rejects.toThrow(/no line has a label/);
    await expect(train([])).rejects.toThrow(WeightsError);
    await expect(train('/does/not/exist')).rejects.toThrow(/cannot be opened/);
    await expect(train(lines, { lr: 1e30, epoch: 50 })).rejects.toThrow(/diverged/);
  });
});
