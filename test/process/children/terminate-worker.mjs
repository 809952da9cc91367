// Ends a worker in the middle of its encoding, again and again; the main thread goes on to encode.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [entry, folder] = isMainThread ? process.argv.slice(2) : workerData;
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const model = await SentenceTransformer.load(folder);

if (isMainThread) {
  const before = (await model.encode('a cat')).data;
  for (let i = 0; i < 6; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: [entry, folder] });
    await once(worker, 'message');
    await pause(i * 3);
    const own = model.encode(Array(20).fill('a cat on a mat'));
    await worker.terminate();
    await own;
  }
  const after = (await model.encode('a cat')).data;
  process.stdout.write(String(before.every((x, i) => x === after[i])));
} else {
  const running = model.encode(Array.from({ length: 2000 }, (_, i) => `a long text number ${i} `.repeat(20)));
  parentPort.postMessage('encoding');
  await running;
}
