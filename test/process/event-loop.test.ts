/** Encoding leaves the event loop and libuv's pool free, and stops when told to. */
import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { SentenceTransformer, UsageError } from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { native } from '../../src/native.js';
import { defaultModelFolder, runChild } from './child.js';

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(defaultModelFolder);
});
afterAll(() => model.dispose());

const sentences = (count: number) =>
  Array.from({ length: count }, (_, i) => `the sentence with the number ${i} goes on for a while `.repeat(5));

it('a file is read while 64 calls encode', async () => {
  let ended = 0;
  const calls = Array.from({ length: 64 }, async () => {
    await model.encode(sentences(8));
    ended++;
  });
  const bytes = await readFile(join(defaultModelFolder, 'tokenizer.json'));
  const endedBefore = ended;
  expect(bytes.length).toBeGreaterThan(100_000);
  await Promise.all(calls);
  expect(ended).toBe(64);
  expect(endedBefore).toBeLessThan(32);
});

it('files are read while two workers and the main thread encode', async () => {
  const { code, stdout, stderr } = await runChild('read-while-encoding');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { reads, ended } = JSON.parse(stdout) as { reads: number; ended: number[] };
  // While the main thread ends five calls, each of tens of milliseconds or more, thousands of reads come back. If jobs
  // held libuv's four threads, which reads need too, a read would come back about once a call.
  expect(reads).toBeGreaterThan(200);
  for (const calls of ended) expect(calls).toBeGreaterThan(0);
});

it('timers fire while 200 texts are encoded', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await model.encode(sentences(200));
  clearInterval(timer);
  expect(ticks).toBeGreaterThanOrEqual(20);
});

describe('AbortSignal', () => {
  const reason = new Error('no longer wanted');

  it('aborted before: load and encode reject with its reason', async () => {
    const signal = AbortSignal.abort(reason);
    await expect(SentenceTransformer.load(defaultModelFolder, { signal })).rejects.toBe(reason);
    await expect(model.encode('a', { signal })).rejects.toBe(reason);
    await expect(model.encode([], { signal })).rejects.toBe(reason);
  });

  it('aborted while encoding: rejects with its reason long before the end, and the model goes on', async () => {
    const before = (await model.encode('a cat')).data;
    const controller = new AbortController();
    let last = 0;
    const running = model.encode(sentences(2000), {
      signal: controller.signal,
      onProgress: (done) => {
        last = done;
        controller.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(500);
    expect((await model.encode('a cat')).data).toEqual(before);
  });

  it('takes only its own call out of the queue, and leaves no listener', async () => {
    const { threads } = native.info();
    const controllers = Array.from({ length: threads + 10 }, () => new AbortController());
    const calls = controllers.map(({ signal }) => model.encode(sentences(8), { signal }));
    await turn();
    controllers.forEach((controller, i) => {
      if (i % 2 === 1) controller.abort(reason);
    });
    const results = await Promise.allSettled(calls);
    results.forEach((result, i) => {
      // The first ones, a job for each thread and one more, may have been submitted already, and what is submitted ends.
      if (i % 2 === 0) expect(result.status).toBe('fulfilled');
      else if (i > threads) expect(result).toEqual({ status: 'rejected', reason });
    });
    for (const { signal } of controllers) expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  it('ends a stream', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const read = async () => {
      for await (const batch of model.encodeStream(sentences(400), { batchSize: 20, signal: controller.signal })) {
        seen.push(batch.length);
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(seen.length).toBeLessThan(4);
  });
});

describe('dispose', () => {
  it('lets calls that have begun end, and refuses later ones', async () => {
    const other = await SentenceTransformer.load(defaultModelFolder);
    const running = other.encode(sentences(200));
    const leaving = other.dispose();
    await expect(other.encode('a')).rejects.toThrow(UsageError);
    expect((await running).length).toBe(200);
    await leaving;
    await other.dispose();
    expect((await model.encode(sentences(1))).length).toBe(1);
  });
});
