// Loads the model with the options of the third argument, embeds two texts, and prints their bits and where the packed
// weights came from.
import { pathToFileURL } from 'node:url';

const [entry, folder, options] = process.argv.slice(2);
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const model = await SentenceTransformer.load(folder, JSON.parse(options));
const { data } = await model.encode(['A man is playing a guitar.', 'Someone plays a guitar on stage.']);
const { packed, cached } = model.describe().memory;
await model.dispose();
process.stdout.write(JSON.stringify({ bits: Buffer.from(data.buffer).toString('base64'), packed, cached }));
