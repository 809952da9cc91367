/**
 * How right the vectors are: node bench/accuracy.mjs [--peers DIR] [--model DIR] [--threads N] [--engines a,b]
 * [--out FILE] [--into RESULT.json]
 *
 * STS-B test: Spearman correlation of cosines with human scores. With peers: distance to PyTorch float32 on every
 * sentence, and the largest change of a short text's vector when it shares a batch with longer ones. Ends with code 1
 * when vectral's correlation differs from the reference's in the fourth decimal. --into puts the figures into a result of
 * run.mjs, for its reports.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cosine, spearman } from './correlation.mjs';
import { engines } from './engines.mjs';
import { describeMachine, presentEngines } from './machine.mjs';
import { startEngine } from './processes.mjs';
import { readResult, writeResult } from './result.mjs';
import { markdown } from './table.mjs';
import { stsPairs, stsSentences } from './workloads.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: process.env.VECTRAL_PEERS ?? '' },
    threads: { type: 'string', default: '1' },
    engines: { type: 'string', default: '' },
    model: { type: 'string', default: path.join(here, '../models/all-MiniLM-L6-v2') },
    out: { type: 'string', default: '' },
    into: { type: 'string', default: '' },
  },
});
const modelDir = path.resolve(flags.model);
const peersDir = flags.peers && path.resolve(flags.peers);
const chosen = presentEngines(engines, peersDir, flags.engines);
const pairs = stsPairs();
const sentences = stsSentences();
const place = new Map(sentences.map((text, i) => [text, i]));
const byLength = [...sentences].sort((a, b) => a.length - b.length);

/** PyTorch's vectors from setup-peers.sh, or null. */
function referenceVectors() {
  const file = path.join(peersDir, 'reference', 'sts-test.f32');
  if (!peersDir || !fs.existsSync(file)) return null;
  const bytes = fs.readFileSync(file);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const dim = values.length / sentences.length;
  return sentences.map((_, i) => values.subarray(i * dim, (i + 1) * dim));
}

const maxDifference = (a, b) => a.reduce((max, x, k) => Math.max(max, Math.abs(x - b[k])), 0);

const correlation = (rows) =>
  spearman(
    pairs.map(({ a, b }) => cosine(rows[place.get(a)], rows[place.get(b)])),
    pairs.map(({ score }) => score),
  );

/** Largest difference between a short text alone and in a batch of 32 with long ones. */
async function batchEffect(engine) {
  const long = byLength.slice(-31);
  let largest = 0;
  for (const short of byLength.slice(0, 8)) {
    const [alone] = await engine.ask('vectors', { texts: [short], grouping: { batch: 1 } });
    const [together] = await engine.ask('vectors', { texts: [short, ...long], grouping: { batch: 32 } });
    largest = Math.max(largest, maxDifference(alone, together));
  }
  return largest;
}

function expectedCorrelation() {
  const file = path.join(here, '../test/golden', path.basename(modelDir), 'meta.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).stsb.test.spearman : null;
}

const reference = referenceVectors();
const results = [];
for (const engine of chosen) {
  const running = await startEngine(engine, { modelDir, peersDir, threads: Number(flags.threads) });
  const rows = await running.ask('vectors', { texts: sentences, grouping: { batch: 32 } });
  const distances = reference?.map((vector, i) => 1 - cosine(vector, rows[i]));
  results.push({
    engine: engine.name,
    spearman: correlation(rows),
    meanDistance: distances ? distances.reduce((a, b) => a + b, 0) / distances.length : null,
    maxDistance: distances ? Math.max(...distances) : null,
    maxDifference: reference ? Math.max(...reference.map((vector, i) => maxDifference(vector, rows[i]))) : null,
    batchEffect: await batchEffect(running),
    isa: (await running.ask('info')).isa ?? null,
  });
  await running.close();
}

const small = (x) => (x === null ? '–' : x.toExponential(1));
console.log(
  markdown(
    ['', 'STS-B test Spearman', 'mean 1 − cos', 'max 1 − cos', 'max difference', 'alone or in a batch, max difference'],
    results.map((r) => [
      r.engine,
      r.spearman.toFixed(4),
      small(r.meanDistance),
      small(r.maxDistance),
      small(r.maxDifference),
      small(r.batchEffect),
    ]),
  ),
);
const report = { schema: 1, machine: describeMachine(results[0]?.isa), model: path.basename(modelDir), results };
if (flags.out) fs.writeFileSync(flags.out, `${JSON.stringify(report, null, 1)}\n`);
if (flags.into) writeResult(flags.into, { ...readResult(flags.into), accuracy: report });
const expected = expectedCorrelation();
const own = results.find((r) => r.engine === 'vectral')?.spearman;
if (expected !== null && own !== undefined && own.toFixed(4) !== expected.toFixed(4)) {
  console.error(`vectral's correlation is ${own.toFixed(4)}, PyTorch's is ${expected.toFixed(4)}`);
  process.exitCode = 1;
}
