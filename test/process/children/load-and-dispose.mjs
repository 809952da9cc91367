// Loads, uses and disposes the model a hundred times; prints the memory after each.
import { pathToFileURL } from 'node:url';

const [entry, folder] = process.argv.slice(2);
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const sizes = [];
for (let i = 0; i < 100; i++) {
  const model = await SentenceTransformer.load(folder);
  await model.encode('a cat on a mat');
  await model.dispose();
  gc();
  sizes.push(process.memoryUsage.rss());
}
process.stdout.write(JSON.stringify(sizes));
