/** What `vectral bench` prints. */
import type { Machine } from '../measure/machine.js';
import type { BenchRun } from './bench-run.js';

export interface BenchReport {
  readonly schema: 1;
  /** Version of this package. */
  readonly vectral: string;
  readonly machine: Machine;
  readonly runs: readonly BenchRun[];
}

/** A table for people. */
export function benchTable({ vectral, machine, runs }: BenchReport): string {
  const [first] = runs;
  if (first === undefined) return '';
  const { model, isa } = first;
  const commit = machine.commit === null ? '' : ` (${machine.commit})`;
  const head = [
    `${model.folder}: ${model.architecture}, ${whole(model.parameters)} parameters, ${model.dimension} components`,
    `${machine.cpu}, ${machine.cpus} CPUs, ${isa}; Node ${machine.node}, vectral ${vectral}${commit}, ${machine.date}`,
  ];
  return `${[head.join('\n'), ...runs.map(section)].join('\n\n')}\n`;
}

function section({ dtype, threads, loadMs, firstVectorMs, latency, batch, memory }: BenchRun): string {
  const cells = latency.map(({ tokens, p50, p90, p99, calls }) => [
    String(tokens),
    ...[p50, p90, p99].map(digits),
    whole(calls),
  ]);
  return [
    `${dtype}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    ...columns([['tokens', 'median ms', '90 %', '99 %', 'calls'], ...cells]).map((line) => `  ${line}`),
    `  ${batch.texts} mixed texts (${whole(batch.tokens)} tokens): ${digits(batch.textsPerSecond)} texts/s, ` +
      `${whole(batch.tokensPerSecond)} tokens/s`,
    `  loaded in ${digits(loadMs)} ms; first vector ${digits(firstVectorMs)} ms after the process began`,
    `  memory ${digits(memory.loadedMB)} MB with the model, ${digits(memory.peakMB)} MB at most`,
  ].join('\n');
}

/** Right-aligned. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  '));
}

function digits(value: number): string {
  return value >= 100 ? whole(value) : value.toPrecision(3);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
