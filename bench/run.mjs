/**
 * The benchmark: node bench/run.mjs [--peers DIR] [--threads 1,2] [--cases a,b] [--engines a,b] [--rounds N]
 *   [--budget MS] [--patience SECONDS] [--model DIR] [--out FILE]
 * README.md says what is measured and how.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile, summary, tailOfRounds } from '../dist/esm/measure/statistics.js';
import { cases, withTexts } from './cases.mjs';
import { coreScaling } from './core-scaling.mjs';
import { engines, REFERENCE } from './engines.mjs';
import { forwardFlops, linearParameters } from './flops.mjs';
import { describeMachine, engineVersion, installSize, presentEngines, rowsNamed } from './machine.mjs';
import { livePids, runOnce, startEngine } from './processes.mjs';
import { QuietMachine } from './quiet.mjs';
import { writeResult } from './result.mjs';
import { render } from './table.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: process.env.VECTRAL_PEERS ?? '' },
    threads: { type: 'string', default: '1,2' },
    cases: { type: 'string', default: '' },
    engines: { type: 'string', default: '' },
    rounds: { type: 'string', default: '7' },
    budget: { type: 'string', default: '250' },
    patience: { type: 'string', default: '20' },
    model: { type: 'string', default: path.join(here, '../models/all-MiniLM-L6-v2') },
    out: { type: 'string', default: '' },
  },
});
const rounds = Number(flags.rounds);
const budget = Number(flags.budget);
const modelDir = path.resolve(flags.model);
const config = JSON.parse(fs.readFileSync(path.join(modelDir, 'config.json'), 'utf8'));
const peersDir = flags.peers && path.resolve(flags.peers);
const chosen = presentEngines(engines, peersDir, flags.engines);
const list = withTexts(rowsNamed(cases, flags.cases), modelDir);
const described = chosen.map((engine) => ({
  name: engine.name,
  family: engine.family,
  arithmetic: engine.arithmetic,
  version: engineVersion(engine, peersDir),
  install: installSize(engine, peersDir),
}));
const quiet = new QuietMachine(livePids, Number(flags.patience));
const results = [];
let isa = null;
const scaling = {};
const peaks = {};
const series = flags.threads.split(',').map(Number);
const say = (text) => process.stderr.write(`${text}\n`);

/** One figure of every participant a round, in rotating order; the rows of one case. */
async function interleave(row, threads, participants, measure, count = rounds) {
  if (participants.length === 0) return;
  const values = new Map(participants.map((p) => [p.engine.name, []]));
  for (let round = 0; round < count; round++) {
    const order = participants.map((_, i) => participants[(i + round) % participants.length]);
    const figures = await quiet.run(async () => {
      const figures = new Map();
      for (const p of order) figures.set(p.engine.name, await measure(p));
      return figures;
    });
    for (const [name, figure] of figures) values.get(name).push(figure);
  }
  const reference = values.get(REFERENCE)?.map((figure) => figure.value);
  for (const p of participants) {
    const figures = values.get(p.engine.name);
    const numbers = figures.map((figure) => figure.value);
    const ratios = reference?.map((base, i) => (row.better === 'lower' ? base / numbers[i] : numbers[i] / base));
    results.push({
      case: row.name,
      threads,
      engine: p.engine.name,
      unit: row.unit,
      ...summary(numbers),
      ...(figures[0].times && tailOfRounds(figures.map((figure) => figure.times))),
      ...medians(figures, ['forwardMs', 'worst']),
      ratio: ratios ? summary(ratios) : null,
      grouping: (row.kind === 'batch' && p.grouping) || null,
      rounds: numbers,
    });
  }
  // A run that is cut short keeps what it has.
  if (flags.out) writeResult(flags.out, describeRun());
  const own = results.slice(-participants.length);
  const figures = own.map((result) => `${result.engine} ${result.median.toPrecision(3)}`).join(', ');
  say(`${row.name}, threads: ${threads}, ${row.unit}: ${figures}`);
}

/** What some kinds of case measure beside their figure, each as the median of the rounds. */
function medians(figures, names) {
  const measured = names.filter((name) => figures[0][name] !== undefined);
  return Object.fromEntries(
    measured.map((name) => [
      name,
      quantile(
        figures.map((figure) => figure[name]),
        0.5,
      ),
    ]),
  );
}

/** Cases that live in one long process an engine. */
async function warmCases(threads, options, rows) {
  const running = [];
  for (const engine of chosen) running.push(await startEngine(engine, options));
  for (const p of running) {
    const info = await p.ask('info');
    isa ??= info.isa ?? null;
    p.kinds = info.kinds;
    p.engine.precision = info.precision;
  }
  const own = running.find((p) => p.kinds.includes('peaks'));
  const before = own && (await quiet.run(() => own.ask('peaks', { threads })));
  for (const row of rows) {
    const able = running.filter((p) => p.kinds.includes(row.kind));
    const { ids, text, texts } = row;
    if (texts) for (const p of able) p.grouping = (await p.ask('chooseGrouping', { texts })).grouping;
    await interleave(row, threads, able, (p) => p.ask(row.kind, { ids, text, texts, budget }));
  }
  if (own) peaks[threads] = higher(before, await quiet.run(() => own.ask('peaks', { threads })));
  for (const p of running) await p.close();
}

/** What a machine did at best, of two measurements; it cannot do more than it can, but others may have kept it from it. */
function higher(a, b) {
  const best = ([kind, rate]) => [kind, Math.max(rate, b.operations[kind])];
  return { threads: a.threads, operations: Object.fromEntries(Object.entries(a.operations).map(best)) };
}

/** Cases that need a new process for every figure. The first round only warms the page cache. */
async function freshCases(threads, options, rows) {
  const participants = chosen.map((engine) => ({ engine }));
  const text = 'A cold start ends with one vector.';
  for (const row of rows) {
    if (row.kind === 'rss-mixed') {
      await interleave(row, threads, participants, ({ engine }) => peakOfBatch(engine, options, row.texts), 3);
      continue;
    }
    for (const engine of chosen) await runOnce(engine, options, text);
    await interleave(row, threads, participants, async ({ engine }) => {
      const { milliseconds, peak } = await runOnce(engine, options, text);
      return { value: row.kind === 'cold' ? milliseconds : peak };
    });
  }
}

/** Texts go in with the grouping that was fastest in the batch case. */
async function peakOfBatch(engine, options, texts) {
  const fastest = results.find((result) => result.case === 'mixed-256' && result.engine === engine.name)?.grouping;
  const process = await startEngine(engine, options);
  await process.ask('batch', { texts, grouping: fastest ?? undefined });
  const peak = await process.ask('peak');
  await process.close();
  return peak;
}

/** Everything measured so far, as it is stored; result.mjs says what the fields are. */
function describeRun() {
  return {
    schema: 2,
    machine: describeMachine(isa),
    model: path.basename(modelDir),
    linearParameters: linearParameters(config),
    settings: { rounds, budgetMs: budget, threads: series },
    reference: REFERENCE,
    cases: list.map(({ ids, text, texts, ...row }) => ({
      ...row,
      ...(row.kind === 'ids' && { flops: forwardFlops(config, row.tokens) }),
    })),
    engines: described.map((engine, i) => ({ ...engine, precision: chosen[i].precision })),
    results,
    noise: {
      othersMedian: quantile(quiet.others, 0.5),
      othersMax: Math.max(...quiet.others),
      stolenMax: Math.max(...quiet.stolen),
    },
    coreScaling: scaling,
    peaks: Object.keys(peaks).length > 0 ? peaks : undefined,
  };
}

const isFresh = (row) => row.group === 'process';
for (const threads of series) {
  const options = { modelDir, peersDir, threads };
  if (threads > 1) scaling[threads] = [await coreScaling(threads)];
  await warmCases(
    threads,
    options,
    list.filter((row) => !isFresh(row)),
  );
  if (threads > 1) scaling[threads].push(await coreScaling(threads));
  if (threads === series[0]) await freshCases(threads, options, list.filter(isFresh));
}

const report = describeRun();
if (flags.out) writeResult(flags.out, report);
console.log(render(report));
