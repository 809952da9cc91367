// Ends workers that ask word vectors in a loop, and one that trains for hours; the main thread goes on to ask.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [entry, job] = isMainThread ? [process.argv[2]] : workerData;
const { FastText, KeyedVectors } = await import(pathToFileURL(entry).href);
const words = Array.from({ length: 500 }, (_, i) => `w${i}`);
const vectors = KeyedVectors.from(
  words,
  Float32Array.from({ length: 500 * 8 }, (_, i) => Math.sin(i)),
);

if (isMainThread) {
  const before = vectors.mostSimilar({ positive: 'w7' });
  for (let i = 0; i < 13; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: [entry, i === 12 ? 'train' : 'ask'] });
    await once(worker, 'message');
    await pause(5 * i);
    await worker.terminate();
  }
  process.stdout.write(String(JSON.stringify(vectors.mostSimilar({ positive: 'w7' })) === JSON.stringify(before)));
} else {
  parentPort.postMessage('begun');
  if (job === 'train') {
    await FastText.trainSupervised(Array(1000).fill('__label__a b c'), { epoch: 2 ** 30, threads: 2 });
  }
  for (;;) {
    vectors.mostSimilar({ positive: 'w7' });
    vectors.words(0, 100);
    await vectors.nearest([vectors.vector('w9')]);
  }
}
