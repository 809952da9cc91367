/** fastText's training: what is learnt against gensim, and what a trainer must not do. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { FastText, type FastTextOptions, type TrainingProgress, UsageError, WeightsError, Word2Vec } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { meanReciprocalRank, planted, probe } from './planted.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vectral-fasttext-'));
afterAll(() => rmSync(folder, { recursive: true }));

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

  it('takes lines, files and compressed files alike', async () => {
    const options = { dim: 8, epoch: 2, seed: 1 };
    using expected = await FastText.trainSupervised(lines, options);
    const files = [path.join(folder, 'lines.txt'), path.join(folder, 'lines.txt.gz')];
    writeFileSync(files[0]!, lines.map((line) => `${line}\n`).join(''));
    writeFileSync(files[1]!, gzipSync(readFileSync(files[0]!)));
    const corpora = [lines.map((line) => line.split(' ')), { files: files[0]! }, { files: files.slice(1) }];
    for (const corpus of corpora) {
      using model = await FastText.trainSupervised(corpus, options);
      expect(model.words).toEqual(expected.words);
      expect(model.vector('rain')).toEqual(expected.vector('rain'));
    }
  });

  it('keeps what is learnt when it is told to end, and rejects before', async () => {
    const options = { dim: 8, epoch: 2 ** 20, signal: AbortSignal.timeout(50) };
    using model = await FastText.trainSupervised(lines, options);
    expect(model.predict('rain snow')[0]?.label).toBe('__label__2');
    await expect(FastText.trainSupervised(lines, options)).rejects.toThrow(/timeout/);
  });

  it('ends with what onProgress throws', async () => {
    const onProgress = () => {
      throw new Error('of the caller');
    };
    await expect(FastText.trainSupervised(lines, { epoch: 2 ** 20, onProgress })).rejects.toThrow('of the caller');
  });

  it('holds apart the lines of files without a final newline', async () => {
    const files = ['__label__a one', '__label__b two\n', '__label__c three'].map((text, i) => {
      writeFileSync(path.join(folder, `part${i}`), text);
      return path.join(folder, `part${i}`);
    });
    using model = await FastText.trainSupervised({ files: new Set(files) as never }, { dim: 4 });
    expect(model.labels.toSorted()).toEqual(['__label__a', '__label__b', '__label__c']);
    expect(model.words.toSorted()).toEqual(['</s>', 'one', 'three', 'two']);
  });

  it('learns from a file that is emptied meanwhile', async () => {
    const file = path.join(folder, 'emptied');
    writeFileSync(file, lines.join('\n').repeat(500));
    const onProgress = () => writeFileSync(file, '');
    const options = { dim: 4, epoch: 2 ** 20, signal: AbortSignal.timeout(1200), onProgress };
    using model = await FastText.trainSupervised({ files: file }, options);
    expect(model.words).toContain('rain');
  });

  it('refuses what makes no sense', async () => {
    const train = (input: unknown, options = {}) => FastText.trainSupervised(input as string[], options);
    await expect(train(lines, { dim: 0 })).rejects.toThrow(/dim must be a whole number from 1 to 1048576, got 0/);
    await expect(train(lines, { loss: 'hinge' })).rejects.toThrow(UsageError);
    await expect(train(lines, { lr: -1 })).rejects.toThrow(/lr must be/);
    await expect(train(lines, { maxn: 1001 })).rejects.toThrow(/maxn must be a whole number from 0 to 1000/);
    await expect(train(lines, { wordNgrams: 2, bucket: 0 })).rejects.toThrow(/bucket must be at least 1/);
    await expect(train(lines, { epochs: 2 })).rejects.toThrow(/epoch/);
    await expect(train(3)).rejects.toThrow(UsageError);
    await expect(train('lines.txt')).rejects.toThrow(/files: 'lines.txt'/);
    await expect(train(['no label'])).rejects.toThrow(/no line has a label/);
    await expect(train([])).rejects.toThrow(WeightsError);
    for (const files of [[], 5, null, [5], [''], 'a\0b'])
      await expect(train({ files })).rejects.toThrow(/trainSupervised: files must be the path of a text file/);
    await expect(train({ files: '/does/not/exist' })).rejects.toThrow(/exist: cannot be opened/);
    await expect(train({ files: '/does/not/exist.gz' })).rejects.toThrow(/exist.gz: cannot be read/);
    await expect(train(lines, { lr: 1e30, epoch: 50 })).rejects.toThrow(/diverged/);
  });
});

const settings: FastTextOptions = { dim: 32, minCount: 1, t: 1e-3, lr: 0.025, bucket: 20_000, threads: 1 };

async function learntRank(options: FastTextOptions): Promise<number> {
  using model = await FastText.train(planted, { ...settings, ...options });
  return meanReciprocalRank(await model.toKeyedVectors());
}

describe('FastText.train', () => {
  it.each(['skipgram', 'cbow'] as const)('finds what is planted as well as gensim does: %s', async (model) => {
    let sum = 0;
    for (const seed of [1, 2, 3]) sum += await learntRank({ model, seed });
    const required = probe.results[`fasttext-${model}-ns`].required_mrr;
    expect(sum / 3).toBeGreaterThanOrEqual(required);
    expect(await learntRank({ model, mode: 'exact' })).toBeGreaterThanOrEqual(required);
    expect(await learntRank({ model, threads: 2 })).toBeGreaterThanOrEqual(required - 0.05);
  });

  it.each(['skipgram', 'cbow'] as const)('with hierarchical softmax and without n-grams: %s', async (model) => {
    // gensim's word2vec comes to 1.0 here, of which its fixture asks for 0.95.
    for (const mode of ['fast', 'exact'] as const)
      expect(await learntRank({ model, mode, loss: 'hs', maxn: 0 })).toBeGreaterThanOrEqual(0.95);
  });

  it('gives the same bits for a seed and one thread, however the corpus comes', async () => {
    const some = planted.slice(0, 2000);
    const file = path.join(folder, 'planted.txt');
    writeFileSync(file, some.map((line) => `${line}\n`).join(''));
    const vectorOf = async (corpus: Parameters<typeof FastText.train>[0], options: FastTextOptions = {}) => {
      using model = await FastText.train(corpus, { ...settings, epoch: 1, dim: 21, ...options });
      return model.vector('riva');
    };
    const expected = await vectorOf(some);
    expect(await vectorOf(some.map((line) => line.split(' ')))).toEqual(expected);
    expect(await vectorOf({ files: file })).toEqual(expected);
    expect(await vectorOf(some, { seed: 5 })).not.toEqual(expected);
  });

  it('makes a model of words, the end of a line and their n-grams, which is saved as a .bin', async () => {
    const corpus = ['riverbank b riverbank', 'c riverbank b d', 'd'];
    using model = await FastText.train(corpus, { ...settings, minCount: 2, ws: 3, bucket: 100, loss: 'hs' });
    expect(model.words).toEqual(['riverbank', '</s>', 'b', 'd']);
    expect(model.args).toMatchObject({ model: 'skipgram', loss: 'hs', dim: 32, ws: 3, minn: 3, maxn: 6, bucket: 100 });
    expect(model.subwords('</s>')).toEqual([['</s>', 1]]);
    const grams = model.subwords('river').map(([gram]) => gram);
    expect(grams).toContain('<riv');
    expect(model.vector('river').every(Number.isFinite)).toBe(true);
    const file = path.join(folder, 'model.bin');
    await model.saveModel(file);
    using loaded = await FastText.load(file);
    for (const word of ['riverbank', 'river', '</s>']) expect(loaded.vector(word)).toEqual(model.vector(word));
    using bare = await FastText.train(corpus, { ...settings, minCount: 1, maxn: 0 });
    expect(bare.args.bucket).toBe(0);
    expect(bare.vector('river')).toEqual(new Float32Array(32));
  });

  it('tells how far it is, and keeps what was learnt when it is told to end', async () => {
    const seen: TrainingProgress[] = [];
    const ender = new AbortController();
    const onProgress = (progress: TrainingProgress) => {
      seen.push(progress);
      if (progress.epoch === 2) ender.abort();
    };
    using model = await FastText.train(planted, { ...settings, signal: ender.signal, onProgress });
    const last = seen.at(-1)!;
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 1, 2]);
    expect(last.words).toBeLessThan((2 * last.totalWords) / 5);
    expect(last.alpha).toBeCloseTo(0.025 * (1 - last.words / last.totalWords), 6);
    expect(last.loss).toBeLessThan(seen[0]!.loss!);
    expect(model.words.length).toBeGreaterThan(400);
  });

  it.each([
    { epoch: 1, model: 'skipgram' },
    { epoch: 2, model: 'cbow', loss: 'hs', mode: 'exact' },
  ] as const)('goes on from a checkpoint, to the same bits: %j', async ({ epoch, ...more }) => {
    const corpus = [...planted, ...planted, ...planted]; // several batches an epoch
    const options = { ...settings, ...more, dim: 12, bucket: 500, epoch: 2 };
    const checkpoint = path.join(folder, 'kept');
    const ender = new AbortController();
    const onProgress = (progress: TrainingProgress) => progress.epoch === epoch && ender.abort();
    using whole = await FastText.train(corpus, options);
    using ended = await FastText.train(corpus, { ...options, checkpoint, signal: ender.signal, onProgress });
    using rest = await FastText.resume(checkpoint, corpus, { threads: 1 });
    expect(rest.args).toEqual(whole.args);
    const file = path.join(folder, 'bits.bin');
    const bits = async (model: FastText) => {
      await model.saveModel(file);
      return readFileSync(file);
    };
    const expected = await bits(whole);
    expect(expected.equals(await bits(ended))).toBe(false);
    expect(expected.equals(await bits(rest))).toBe(true);
    await expect(Word2Vec.load(checkpoint)).rejects.toThrow(/no "vectral.word2vec" in its metadata/);
    await expect(FastText.resume(checkpoint, [])).rejects.toThrow(/the corpus has 0 known words/);
    await expect(FastText.resume(folder, corpus)).rejects.toThrow(WeightsError);
  });

  it('keeps words that are not UTF-8 in a checkpoint', async () => {
    const [text, checkpoint] = [path.join(folder, 'latin1.txt'), path.join(folder, 'latin1')];
    writeFileSync(text, Buffer.from('caf\xe9 th\xe9 '.repeat(10), 'latin1'));
    const options = { minCount: 1, dim: 4, bucket: 10, epoch: 1, threads: 1, checkpoint };
    using whole = await FastText.train({ files: text }, options);
    using again = await FastText.resume(checkpoint, { files: text });
    expect(again.words).toEqual(whole.words);
    expect(again.args).toEqual(whole.args);
  });

  it('takes corpora of one word, of empty lines, of repeated words', async () => {
    for (const model of ['skipgram', 'cbow'] as const) {
      for (const loss of ['ns', 'hs'] as const) {
        for (const corpus of [['a'], ['', ' ', 'a a a a'], Array(50).fill('aaa aaa bbb aaa')]) {
          using trained = await FastText.train(corpus, { ...settings, model, loss, bucket: 3, t: 0 });
          expect(trained.vector('a').every(Number.isFinite)).toBe(true);
        }
      }
    }
  });

  it('refuses what makes no sense', async () => {
    const train = (options: object, corpus: unknown = planted.slice(0, 100)) =>
      FastText.train(corpus as string[], options);
    await expect(train({ lr: 1e9, minCount: 1, bucket: 100 })).rejects.toThrow(/FastText.train: .*lower lr/);
    await expect(train({ neg: 0 })).rejects.toThrow(/give neg from 1, or loss: 'hs'/);
    await expect(train({ loss: 'softmax' })).rejects.toThrow(/loss must be one of ns, hs, got softmax/);
    await expect(train({ model: 'supervised' })).rejects.toThrow(/model must be one of skipgram, cbow/);
    await expect(train({ minn: 4, maxn: 3 })).rejects.toThrow(/minn 4 is above maxn 3/);
    await expect(train({ bucket: 0 })).rejects.toThrow(/bucket must be at least 1/);
    await expect(train({ bucket: 2 ** 31 - 1, minCount: 1 })).rejects.toThrow(/lower bucket/);
    await expect(train({ vectorSize: 3 })).rejects.toThrow(/vectorSize/);
    await expect(train({ minCount: 10_000 })).rejects.toThrow(/no word comes 10000 times/);
    await expect(train({}, 'text.txt')).rejects.toThrow(/files: 'text.txt'/);
    await expect(train({}, [])).rejects.toThrow(UsageError);
  });
});
