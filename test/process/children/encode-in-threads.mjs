// The main thread and two workers load the model and encode the same texts at once. Prints the vectors' digests, and in
// bytes how the memory grew with the first thread's weights and with those of the two other threads.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [entry, ...folders] = isMainThread ? process.argv.slice(2) : workerData;
const { AutoModel, SentenceTransformer } = await import(pathToFileURL(entry).href);
const texts = Array.from({ length: 48 }, (_, i) => `text ${i} `.repeat(1 + ((i * 7) % 40)));
const held = [];

const acts = {
  // A model without a tokenizer, whose tables would hide the weights' share; its short input touches few rows.
  async weights(folder) {
    const model = await AutoModel.load(folder);
    held.push(model);
    await model.forward({ inputIds: [Array.from({ length: 32 }, (_, i) => 1000 + i)] });
  },
  async load(folder) {
    held.push(await SentenceTransformer.load(folder));
  },
  async encode() {
    const { data } = await held.at(-1).encode(texts);
    return createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
  },
};

if (isMainThread) {
  // The workers exist before the first measurement: what a thread itself costs does not count.
  const workers = [1, 2].map(
    (i) => new Worker(new URL(import.meta.url), { workerData: [entry, folders[i] ?? folders[0]] }),
  );
  const answers = () => Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  const tell = (word) => {
    const all = answers();
    for (const worker of workers) worker.postMessage(word);
    return all;
  };
  // Packed weights are no file's pages; how many of those are in place is for the system's reading ahead to say.
  const rss = () => {
    gc();
    if (process.platform !== 'linux') return process.memoryUsage.rss();
    return 1024 * Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  };
  await answers();
  const bare = rss();
  await acts.weights(folders[0]);
  const one = rss();
  await tell('weights');
  const three = rss();
  await Promise.all([acts.load(folders[0]), tell('load')]);
  const [own, others] = await Promise.all([acts.encode(), tell('encode')]);
  for (const model of held) await model.dispose();
  const last = await tell('encode');
  await tell('end');
  process.stdout.write(JSON.stringify({ digests: [own, ...others, ...last], first: one - bare, more: three - one }));
} else {
  parentPort.on('message', async (word) => {
    parentPort.postMessage(await acts[word]?.(folders[0]));
    if (word === 'end') parentPort.close();
  });
  parentPort.postMessage('ready');
}
