/**
 * Single operations, run eagerly at the sizes all-MiniLM-L6-v2 uses: node bench/ops.mjs [--threads N] [--milliseconds
 * 300] [--out FILE]
 *
 * Timed with tinybench; the same functions then run through Benchmark.Suite, whose figure stands beside as a
 * cross-check. What a call costs in JavaScript (checks, the result tensor) is inside the figures.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { seededRandom } from '../dist/esm/measure/statistics.js';
import { describeMachine } from './machine.mjs';
import { markdown } from './table.mjs';

const { values: flags } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    milliseconds: { type: 'string', default: '300' },
    out: { type: 'string', default: '' },
  },
});
// Eager operations take their thread count from the environment, which must stand before the addon is loaded.
process.env.VECTRAL_THREADS = flags.threads;
const { ops, Tensor } = await import('vectral');
const { Suite } = createRequire(import.meta.url)('benchmark');

const random = seededRandom(3);
const tensor = (...shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    Float32Array.from({ length: size }, () => random() - 0.5),
    { shape },
  );
};
const HEADS = 12;
const WIDTH = 384;

function linear(rows, inner, outer) {
  const [x, weight, bias] = [tensor(rows, inner), tensor(outer, inner), tensor(outer)];
  return {
    name: `linear [${rows},${inner}] × [${outer},${inner}]ᵀ`,
    flop: 2 * rows * inner * outer,
    run: () => ops.linear(x, weight, bias),
  };
}

function attention(sequences, tokens) {
  const rows = sequences * tokens;
  const [q, k, v] = [tensor(rows, WIDTH), tensor(rows, WIDTH), tensor(rows, WIDTH)];
  const offsets = Tensor.from(Int32Array.from({ length: sequences + 1 }, (_, i) => i * tokens));
  return {
    name: `attention ${sequences} × ${tokens} tokens, ${HEADS} heads`,
    flop: 4 * sequences * tokens * tokens * WIDTH,
    run: () => ops.attention(q, k, v, offsets, { heads: HEADS }),
  };
}

function layerNorm(rows) {
  const [x, gamma, beta] = [tensor(rows, WIDTH), tensor(WIDTH), tensor(WIDTH)];
  return { name: `layerNorm [${rows},${WIDTH}]`, run: () => ops.layerNorm(x, gamma, beta, 1e-12) };
}

function gelu(rows) {
  const x = tensor(rows, 4 * WIDTH);
  return { name: `gelu [${rows},${4 * WIDTH}]`, run: () => ops.gelu(x) };
}

const suite = [
  ...[8, 32, 128, 1024].flatMap((rows) => [linear(rows, 384, 1152), linear(rows, 384, 1536), linear(rows, 1536, 384)]),
  layerNorm(8),
  layerNorm(128),
  gelu(8),
  gelu(128),
  attention(1, 8),
  attention(1, 32),
  attention(1, 128),
  attention(16, 20),
];
const call = (operation) => () => operation.run().dispose();

const bench = new Bench({ time: Number(flags.milliseconds), warmupTime: 50 });
for (const operation of suite) bench.add(operation.name, call(operation));
await bench.run();

/** Seconds a call by the other harness, and its relative margin of error in per cent. */
const other = new Map();
await new Promise((resolve) => {
  const crossCheck = new Suite();
  for (const operation of suite)
    crossCheck.add(operation.name, call(operation), { maxTime: Number(flags.milliseconds) / 1000 });
  crossCheck.on('cycle', ({ target }) => other.set(target.name, { mean: target.stats.mean, rme: target.stats.rme }));
  crossCheck.on('complete', resolve).run({ async: true });
});

const results = suite.map((operation) => {
  const { latency, error } = bench.getTask(operation.name).result;
  if (error) throw error;
  const check = other.get(operation.name);
  return {
    name: operation.name,
    medianUs: latency.p50 * 1e3,
    p75Us: latency.p75 * 1e3,
    gflops: operation.flop ? operation.flop / (latency.p50 * 1e6) : null,
    crossCheckUs: check.mean * 1e6,
    crossCheckRme: check.rme,
  };
});
console.log(
  markdown(
    [`${flags.threads} thread(s)`, 'median µs', 'p75 µs', 'GFLOP/s', 'Benchmark.Suite mean µs (± %)'],
    results.map((r) => [
      r.name,
      r.medianUs.toFixed(1),
      r.p75Us.toFixed(1),
      r.gflops === null ? '–' : r.gflops.toFixed(1),
      `${r.crossCheckUs.toFixed(1)} (${r.crossCheckRme.toFixed(1)})`,
    ]),
  ),
);
if (flags.out) {
  const report = { schema: 1, machine: describeMachine(null), threads: Number(flags.threads), results };
  fs.writeFileSync(flags.out, `${JSON.stringify(report, null, 1)}\n`);
}
