// Two workers and the main thread encode; meanwhile the main thread reads a small file, again and again. Prints how often,
// and how many calls each of the three had ended.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [entry, folder] = isMainThread ? process.argv.slice(2) : workerData;
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const model = await SentenceTransformer.load(folder);
const texts = Array.from({ length: 16 }, (_, i) => `the sentence with the number ${i} goes on for a while `.repeat(5));
let ended = 0;
let wanted = true;

async function encode() {
  while (wanted) {
    await model.encode(texts);
    ended++;
  }
}

if (isMainThread) {
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { workerData: [entry, folder] }));
  const answers = () => Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  await answers();
  const own = [encode(), encode()];
  let reads = 0;
  while (ended < 5) {
    await readFile(process.argv[1]);
    reads++;
  }
  wanted = false;
  const others = answers();
  for (const worker of workers) worker.postMessage('end');
  await Promise.all(own);
  process.stdout.write(JSON.stringify({ reads, ended: [ended, ...(await others)] }));
} else {
  const own = [encode(), encode()];
  parentPort.once('message', async () => {
    wanted = false;
    await Promise.all(own);
    parentPort.postMessage(ended);
  });
  parentPort.postMessage('encoding');
}
