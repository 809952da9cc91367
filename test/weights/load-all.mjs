// Loads a sound folder and then every lying one; prints the messages and by how much the memory grew.
// Usage: node --expose-gc load-all.mjs PACKAGE SOUND LIST
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [built, sound, list] = process.argv.slice(2);
const { AutoModel, SentenceTransformer } = await import(pathToFileURL(built).href);

const model = await SentenceTransformer.load(sound);
await model.encode('a b');
await model.dispose();
gc();
const before = process.memoryUsage.rss();

const messages = [];
for (const { folder, use } of JSON.parse(readFileSync(list, 'utf8'))) {
  const load = use === 'AutoModel' ? AutoModel.load(folder) : SentenceTransformer.load(folder);
  messages.push(
    await load.then(
      () => 'accepted',
      (error) => error.message,
    ),
  );
}
const growth = process.memoryUsage.rss() - before;
process.stdout.write(JSON.stringify({ messages, growth }));
