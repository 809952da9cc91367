/** Word2Vec kept in files: training goes on from them to the same bits. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TrainingProgress, WeightsError, Word2Vec, type Word2VecOptions } from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';
import { meanReciprocalRank, planted, rowsOf, settings } from './planted.js';

describe('training goes on', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vectral-word2vec-'));
  const file = path.join(folder, 'model.safetensors');
  afterAll(() => rmSync(folder, { recursive: true }));
  // Several batches an epoch.
  const corpus = [...planted, ...planted, ...planted];
  const kind: Word2VecOptions = { ...settings, vectorSize: 20, epochs: 2, alpha: 0.05 };

  test.each([
    { epoch: 1, sg: true },
    { epoch: 2, hs: true },
  ])('after an end in the middle, to the same bits: %j', async ({ epoch, ...more }) => {
    const options = { ...kind, ...more };
    const whole = await Word2Vec.train(corpus, options);
    const ender = new AbortController();
    const onProgress = (progress: TrainingProgress) => progress.epoch === epoch && ender.abort();
    const ended = await Word2Vec.train(corpus, { ...options, checkpoint: file, signal: ender.signal, onProgress });
    expect(ended.trainedWords).toBeLessThan(whole.trainedWords);
    const loaded = await Word2Vec.load(file);
    expect(rowsOf(loaded.wv)).toEqual(rowsOf(ended.wv));
    const rest = loaded.resume(corpus, { threads: 1 });
    await expect(loaded.resume(corpus)).rejects.toThrow('the model is being trained');
    await rest;
    expect(loaded.trainedWords).toBe(whole.trainedWords);
    expect(rowsOf(loaded.wv)).toEqual(rowsOf(whole.wv));
    await loaded.resume(corpus); // nothing is left
    expect(rowsOf(loaded.wv)).toEqual(rowsOf(whole.wv));
  });

  test('with more text', async () => {
    const model = await Word2Vec.train(planted, { ...settings, epochs: 1 });
    const before = meanReciprocalRank(model.wv);
    await model.train(planted, { epochs: 4, threads: 1 });
    expect(model.trainedWords).toBe(4 * model.corpusWords);
    expect(meanReciprocalRank(model.wv)).toBeGreaterThan(before + 0.1);
    await expect(model.train(['nothing known'])).rejects.toThrow('no word of the corpus is in the vocabulary');
    await expect(model.train(planted, { window: 3 } as never)).rejects.toThrow('there is no "window"');
  });

  test('not with a corpus that has become shorter', async () => {
    const ender = new AbortController();
    const model = await Word2Vec.train(corpus, { ...kind, signal: ender.signal, onProgress: () => ender.abort() });
    await expect(model.resume([])).rejects.toThrow('the corpus has 0 known words, the one that training began with');
    // As many words in all, but others up to where it was ended.
    const other = corpus.toReversed().map((line) => `${line}`);
    other.splice(0, 2, `${other[0]} ${other[1]}`);
    await expect(model.resume([...other.slice(1), other[0]!])).rejects.toThrow('is not the one that training began');
  });

  test('from what was saved in onProgress and after it threw, to the same bits', async () => {
    const whole = await Word2Vec.train(corpus, kind);
    const ender = new AbortController();
    const model = await Word2Vec.train(corpus, { ...kind, signal: ender.signal, onProgress: () => ender.abort() });
    expect(model.wv.size).toBeGreaterThan(0); // kept from here on, and old after the next batch
    const inside = path.join(folder, 'inside');
    let saving: Promise<void> | undefined;
    const onProgress = () => {
      saving = model.save(inside);
      throw new Error('of the caller');
    };
    await expect(model.resume(corpus, { threads: 1, onProgress })).rejects.toThrow('of the caller');
    await saving;
    // two at once, to one name
    await Promise.all([model.save(file), model.save(file)]);
    for (const name of [inside, file]) {
      const loaded = await Word2Vec.load(name);
      expect(loaded.trainedWords).toBeGreaterThan(0);
      await loaded.resume(corpus, { threads: 1 });
      expect(rowsOf(loaded.wv)).toEqual(rowsOf(whole.wv));
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('and is not saved while a batch is trained', async () => {
    const model = await Word2Vec.train(planted, { ...settings, epochs: 1 });
    const more = model.train(planted, { epochs: 1 });
    await expect(model.save(file)).rejects.toThrow('Word2Vec.save: the model is being trained');
    await more;
    for (const odd of [5, '', undefined, 'a\0b'] as never[]) {
      await expect(model.save(odd)).rejects.toThrow(/Word2Vec.save: the path must be a string/);
      await expect(Word2Vec.load(odd)).rejects.toThrow(/Word2Vec.load: the path must be a string/);
    }
  });

  test('and not from a file that is damaged', async () => {
    await (await Word2Vec.train(planted.slice(0, 50), kind)).save(file);
    const bytes = readFileSync(file);
    const header = 8 + Number(bytes.readBigUInt64LE());
    const json = JSON.parse(bytes.subarray(8, header).toString());
    const write = (change: (header: typeof json, metadata: typeof json) => void) => {
      const changed = structuredClone(json);
      const metadata = JSON.parse(changed.__metadata__['vectral.word2vec']);
      change(changed, metadata);
      changed.__metadata__['vectral.word2vec'] &&= JSON.stringify(metadata);
      const text = Buffer.from(JSON.stringify(changed));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      writeFileSync(file, Buffer.concat([length, text, bytes.subarray(header)]));
    };
    const cases: [(header: typeof json, metadata: typeof json) => void, RegExp][] = [
      [(h) => delete h.__metadata__['vectral.word2vec'], /no "vectral.word2vec" in its metadata/],
      [(_, m) => (m.version = 9), /"version" of "vectral.word2vec" is 9/],
      [(_, m) => (m.settings.window = -1), /window must be a whole number/],
      [(_, m) => (m.settings.vectorSize = 21), /must be as many, and as wide/],
      [(_, m) => (m.settings.exact = 1), /settings: exact must be true or false/],
      [(_, m) => (m.position.epoch = 0.5), /position.epoch/],
      [(_, m) => (m.position.epoch = 9), /"position.epoch" is 9 of 2 epochs/],
      [(_, m) => (m.position.corpusWords = 2 ** 53 - 1), /too many/],
      [(_, m) => (m.position.alpha = null), /position.alpha/],
      [(_, m) => delete m.position, /position.corpusWords/],
      [(h) => delete Object.assign(h, { other: h.outputs }).outputs, /"outputs" must be a tensor of F32/],
      [(h) => (h.counts.dtype = 'F64'), /"counts" must be a tensor of I64/],
    ];
    for (const [change, message] of cases) {
      write(change);
      await expect(Word2Vec.load(file)).rejects.toThrow(message);
      await expect(Word2Vec.load(file)).rejects.toBeInstanceOf(WeightsError);
    }
    writeFileSync(file, bytes.subarray(0, bytes.length - 5));
    await expect(Word2Vec.load(file)).rejects.toBeInstanceOf(WeightsError);
    await expect(Word2Vec.load(path.join(folder, 'absent'))).rejects.toThrow(/absent/);
  });
});
