/** One checkpoint that shapes.py made, in a process of its own: node bench/shapes/shape.mjs FOLDER. Writes a line of JSON. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AutoModel, SafetensorsFile, SentenceTransformer } from 'vectral';
import { quantile } from '../../dist/esm/measure/statistics.js';

const folder = process.argv[2];
const { name, family, inputIds, parameters } = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8'));
const threads = Number(process.argv[3] ?? 1);

const started = performance.now();
const model = await load();
await model.run(inputIds.slice(0, 1));
const loadMs = performance.now() - started;

let maxError = 0;
let largest = 0;
const expected = await SafetensorsFile.open(path.join(folder, 'expected.safetensors'));
for (const [i, ids] of inputIds.entries()) {
  const want = expected.tensor(String(i)).toFloat32Array();
  const got = await model.run([ids]);
  if (got.length !== want.length) throw new Error(`${name}: ${got.length} values, expected ${want.length}`);
  for (let j = 0; j < want.length; j++) {
    maxError = Math.max(maxError, Math.abs(got[j] - want[j]));
    largest = Math.max(largest, Math.abs(want[j]));
  }
}

const ms = {};
for (const tokens of [32, 128]) {
  const ids = Array.from({ length: tokens }, (_, t) => inputIds[0][t % inputIds[0].length]);
  for (let i = 0; i < 3; i++) await model.run([ids]);
  const times = [];
  const until = performance.now() + 1500;
  while (times.length < 5 || (times.length < 50 && performance.now() < until)) {
    const begun = performance.now();
    await model.run([ids]);
    times.push(performance.now() - begun);
  }
  ms[tokens] = quantile(times, 0.5);
}
const fileBytes = statSync(path.join(folder, 'model.safetensors')).size;
const { maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({ name, family, parameters, fileBytes, loadMs, maxError, largest, ms, rssBytes: maxRSS * 1024 }),
);

/** A model as a function of ids: the values that shapes.py saved. */
async function load() {
  const options = { threads, cache: false };
  try {
    statSync(path.join(folder, 'modules.json'));
  } catch {
    const loaded = await AutoModel.load(folder, options);
    return {
      async run(rows) {
        const { logits, lastHiddenState } = await loaded.forward({ inputIds: rows });
        const [value] = logits === undefined ? lastHiddenState : [logits];
        return value.toFloat32Array();
      },
    };
  }
  const loaded = await SentenceTransformer.load(folder, options);
  return { run: async (rows) => (await loaded.encode({ inputIds: rows })).data };
}
