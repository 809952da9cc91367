// Leaves with native work in flight, in the way the third argument says; the fourth counts the runs.
import { pathToFileURL } from 'node:url';

const [entry, folder, way, run] = process.argv.slice(2);
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const load = SentenceTransformer.load(folder);
// Each run is at another place: reading, mapping, packing, the first job.
if (way === 'exit while loading') setTimeout(() => process.exit(0), Number(run) * 12);
const model = await load;
const running = model.encode(Array.from({ length: 60 }, (_, i) => `a text of some length, number ${i} `.repeat(10)));
// A job is in native code one turn of the event loop later.
if (way === 'exit') setImmediate(() => process.exit(0));
if (way === 'dispose and end') setImmediate(() => model.dispose());
running.then(({ length }) => console.log(length));
if (way === 'throw') {
  setImmediate(() => {
    throw new Error('thrown on purpose');
  });
}
