/** `vectral explain`: the program a model becomes, and where its time goes against what this machine can do. */
import { UsageError } from '../errors.js';
import type { ExplainedOp, ExplainedRun, Explanation } from '../pipeline/sentence/explain.js';
import { foldRepeats } from '../program/fold.js';
import { type Command, listOf, wholeNumber } from './command.js';
import { loadModel, modelOptions } from './model-options.js';
import { openSink } from './output.js';

export const explain: Command = {
  name: 'explain',
  usage: 'vectral explain [options] [model]',
  description: `Prints the program as recorded and as compiled, and for each operation its time and what bounds it.
The limit is the longer of two times: its operations at the measured peak of the arithmetic, and its bytes at
the measured rate of the memory they come from. Run it on a machine that does nothing else.`,
  options: {
    ...modelOptions,
    tokens: { value: 'LIST', help: 'tokens of a sequence, a table for each number (32,128)' },
    batch: { value: 'N', help: 'sequences in a run (1)' },
    json: { help: 'everything as JSON' },
  },
  async run(args) {
    const [model, ...more] = args.positionals;
    if (more.length > 0 || (model !== undefined && args.options.has('model'))) {
      throw new UsageError('explain looks at one model; give one folder or id');
    }
    const options = { tokens: listOf(args, 'tokens'), batchSize: wholeNumber(args, 'batch') };
    await using loaded = await loadModel(args, model ?? args.options.get('model'));
    const explanation = await loaded.explain(options);
    const sink = await openSink(undefined);
    const asked = args.options.has('json');
    await sink.write(asked ? `${JSON.stringify(explanation, null, 2)}\n` : asText(explanation));
  },
};

function asText({ folder, dtype, isa, threads, peaks, scaling, listing, runs }: Explanation): string {
  const operations = Object.entries(peaks.operations).map(([name, rate]) => `${name} ${giga(rate)}`);
  const reads = peaks.reads.map(({ bytes, bytesPerSecond }) => `${binaryBytes(bytes)} ${giga(bytesPerSecond)}`);
  const facts = [
    ['model', folder],
    ['computes in', `${dtype}, on ${isa}, with ${threads} ${threads === 1 ? 'thread' : 'threads'}`],
    ['peak, GFLOP/s', `${operations.join(', ')}${threads > 1 ? ` (${scaling.toFixed(2)} × one thread)` : ''}`],
    ['reading, GB/s', `${reads.join(', ')}${threads > 1 ? ' (what each thread reads over and over)' : ''}`],
  ] as const;
  const sections = [
    facts.map(([name, value]) => name.padEnd(15) + value).join('\n'),
    program('recorded', listing.recorded),
    program('compiled', listing.compiled),
    ...runs.map(table),
  ];
  return `${sections.join('\n\n')}\n`;
}

function program(name: string, listing: string): string {
  const lines = foldRepeats(listing).flatMap(({ lines, times }) => {
    if (times === 1) return lines.map((line) => `  ${line}`);
    return [`  ${times} layers, the first:`, ...lines.map((line) => `    ${line}`)];
  });
  return [`${name}: ${listing.split('\n').length} steps`, ...lines].join('\n');
}

/** A whole run over its parts, from which figures are not to be relied on. */
const mostDisturbed = 1.1;

const headings = ['op', 'steps', 'µs', 'share', 'GFLOP/s', 'GB/s', 'limit µs', 'of limit', 'bound by'];

function table(run: ExplainedRun): string {
  const { tokens, batchSize, seconds, stepSeconds, besideSeconds, limitSeconds, ops } = run;
  const count = ops.reduce((sum, op) => sum + op.count, 0);
  const parts = stepSeconds + besideSeconds;
  const total = (name: string, steps: string, time: number, limit?: number) => [
    ...[name, steps, micro(time), percent(time / parts), '', ''],
    ...(limit === undefined ? ['', ''] : [micro(limit), percent(limit / time)]),
    '',
  ];
  const rows = [
    headings,
    ...ops.map(cells),
    total('all steps', String(count), stepSeconds, limitSeconds),
    total('besides the steps', '', besideSeconds),
    total('whole run', '', seconds, limitSeconds),
  ];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column === headings.length - 1 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${padded.join('  ')}`.trimEnd();
  });
  if (seconds > parts * mostDisturbed) {
    lines.push(
      '  Whole runs took longer than their parts: other work disturbs them, and the peaks too. Try again later.',
    );
  }
  const sequences = batchSize === 1 ? '1 sequence' : `${batchSize} sequences`;
  return [`${sequences} of ${tokens} ${tokens === 1 ? 'token' : 'tokens'}`, ...lines].join('\n');
}

function cells({ label, count, seconds, share, operations, bytes, limitSeconds, bound }: ExplainedOp): string[] {
  const rate = operations === 0 ? '–' : giga(operations / seconds);
  const limit = [micro(limitSeconds), percent(limitSeconds / seconds), bound];
  return [label, String(count), micro(seconds), percent(share), rate, giga(bytes / seconds), ...limit];
}

/** Three digits, which is more than the measurement is worth. */
function giga(value: number): string {
  const billions = value / 1e9;
  return billions.toFixed(billions < 10 ? 2 : billions < 100 ? 1 : 0);
}

function micro(seconds: number): string {
  return (seconds * 1e6).toFixed(1);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

function binaryBytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;
}
