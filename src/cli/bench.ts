/** `vectral bench`: how fast a model is on this machine. */
import packageRoot from '../../package-root.cjs';
import { UsageError } from '../errors.js';
import { describeMachine } from '../measure/machine.js';
import { mostThreads } from '../options.js';
import { type BenchReport, benchTable } from './bench-report.js';
import { type BenchRun, measureHere, measureInChild, type Settings } from './bench-run.js';
import { type Arguments, type Command, listOf, wholeNumber } from './command.js';
import { dtypesOf, modelOptions } from './model-options.js';
import { openSink } from './output.js';
import { packageVersion } from './version.js';

/** Milliseconds spent on one latency figure, and as many on the batch. */
const usualBudget = 500;
const usualTokens = [8, 32, 128, 256];

export const bench: Command = {
  name: 'bench',
  usage: 'vectral bench [options]',
  description: `Measures text → vector by length, 256 mixed texts, loading and memory, each dtype and thread count in a process of its own.
Lengths the model cannot read are left out. Run it on an idle machine: whatever else computes is in the figures.`,
  options: {
    model: modelOptions.model!,
    dtype: { value: 'LIST', help: 'what to compute in, one or more of f32,bf16,int8 (f32)' },
    tokens: { value: 'LIST', help: `lengths of the texts (${usualTokens.join(',')})` },
    threads: { value: 'LIST', help: 'thread counts (all CPUs this process may use)' },
    budget: { value: 'MS', help: `milliseconds spent on one figure (${usualBudget})` },
    'no-cache': modelOptions['no-cache']!,
    json: { help: 'print JSON instead of the table' },
    out: { value: 'FILE', short: 'o', help: 'write the JSON to a file as well' },
  },
  async run(args) {
    if (args.positionals.length > 0) {
      throw new UsageError(`bench takes no arguments, got "${args.positionals[0]}"; name the model with --model`);
    }
    const report = await measure(args);
    const json = `${JSON.stringify(report, null, 2)}\n`;
    const path = args.options.get('out');
    if (path !== undefined) {
      const file = await openSink(path);
      await file.write(json);
      await file.close();
    }
    const sink = await openSink(undefined);
    await sink.write(args.options.has('json') ? json : benchTable(report));
  },
};

async function measure(args: Arguments): Promise<BenchReport> {
  const model = args.options.get('model');
  const budget = wholeNumber(args, 'budget') ?? usualBudget;
  const tokens = listOf(args, 'tokens') ?? usualTokens;
  const threads: readonly (number | undefined)[] = listOf(args, 'threads', mostThreads) ?? [undefined];
  const cache = !args.options.has('no-cache');
  const combinations = dtypesOf(args).flatMap((dtype) =>
    threads.map((count): Settings => ({ model, dtype, threads: count, tokens, budget, cache })),
  );
  const runs: BenchRun[] = [];
  // Alone, it runs here; several would share memory and warm each other up.
  for (const settings of combinations) {
    runs.push(await (combinations.length === 1 ? measureHere(settings) : measureInChild(settings)));
  }
  return { schema: 1, vectral: packageVersion(), machine: describeMachine(packageRoot), runs };
}
