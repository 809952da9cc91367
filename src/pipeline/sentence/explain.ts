/** Where the time of an encoder goes on this machine, against what the machine can do: what `vectral explain` prints. */
import { UsageError } from '../../errors.js';
import { type NativeArray, native } from '../../native.js';
import { type Arithmetic, checkOptions, describeValue } from '../../options.js';
import { limitOf, type MachinePeaks, measurePeaks, type Program, type StepProfile } from '../../program/index.js';

/** Options of {@link SentenceTransformer.explain}. */
export interface ExplainOptions {
  /** Tokens of a sequence, special ones included, for each run; default `[32, 128]`. */
  readonly tokens?: readonly number[] | undefined;
  /** Sequences in a run; default 1. */
  readonly batchSize?: number | undefined;
}

/** What {@link SentenceTransformer.explain} gives. */
export interface Explanation {
  readonly folder: string;
  readonly dtype: Arithmetic;
  readonly isa: string;
  readonly threads: number;
  readonly peaks: MachinePeaks;
  /** Peak of all threads over the peak of one, in `dtype`: virtual CPUs that share a core do not reach their number. */
  readonly scaling: number;
  /** The program before and after the rules, one step a line. */
  readonly listing: { readonly recorded: string; readonly compiled: string };
  readonly runs: readonly ExplainedRun[];
}

/** One batch of equally long sequences. Times are medians in seconds. */
export interface ExplainedRun {
  /** Of one sequence. */
  readonly tokens: number;
  readonly batchSize: number;
  /** The whole native run. More than its parts where other work on the machine comes in between. */
  readonly seconds: number;
  /** Sum over the steps. */
  readonly stepSeconds: number;
  /** What a run takes besides its steps: finding memory, waking threads. */
  readonly besideSeconds: number;
  /** Sum of the steps' limits. */
  readonly limitSeconds: number;
  /** The longest first. */
  readonly ops: readonly ExplainedOp[];
}

/** All steps of a run that do the same: one operation with the same sizes. Sums over them. */
export interface ExplainedOp {
  readonly op: string;
  /** With sizes: `linear [32,384] × [1536,384] gelu`. */
  readonly label: string;
  readonly count: number;
  readonly seconds: number;
  /** Of the steps and what is besides. */
  readonly share: number;
  /** Of matrix products, a multiply-add counting as two. */
  readonly operations: number;
  /** Weights, inputs and outputs, each once a step. */
  readonly bytes: number;
  /** The least time that this machine allows for so many operations or so many bytes, whichever is longer. */
  readonly limitSeconds: number;
  /** Which of them is longer. */
  readonly bound: 'compute' | 'memory';
}

/** What is explained: a loaded model's parts. */
interface Subject {
  readonly folder: string;
  readonly dtype: Arithmetic;
  readonly threads: number;
  readonly program: Program;
  /** Longest sequence. */
  readonly longest: number;
  /** Inputs of a run of the program. */
  readonly inputs: (sequences: readonly (readonly number[])[]) => Readonly<Record<string, NativeArray>>;
  readonly vocabSize: number;
}

/** Of one run: more would measure memory, and fill it. */
const mostTokens = 1 << 20;

export async function explain(subject: Subject, options: ExplainOptions): Promise<Explanation> {
  const call = 'SentenceTransformer.explain';
  checkOptions(call, options, ['tokens', 'batchSize']);
  const { tokens = [32, 128], batchSize = 1 } = options;
  for (const count of tokens) {
    if (Number.isSafeInteger(count) && count >= 1 && count <= subject.longest) continue;
    const range = `whole numbers from 1 to ${subject.longest}, this model's longest text`;
    throw new UsageError(`${call}: tokens must be ${range}; got ${describeValue(count)}`);
  }
  if (batchSize * Math.max(...tokens, 1) > mostTokens) {
    throw new UsageError(`${call}: tokens times batchSize may be at most ${mostTokens}; got ${batchSize} sequences`);
  }
  const { folder, dtype, threads, program } = subject;
  const alone = threads > 1 ? await measurePeaks(1, { reads: false }) : undefined;
  const peaks = await measurePeaks(threads);
  const runs: ExplainedRun[] = [];
  for (const count of tokens) {
    const sequences = Array.from({ length: batchSize }, (_, s) => variedIds(count, s * count, subject.vocabSize));
    const { seconds, besideSeconds, steps } = await program.profile(subject.inputs(sequences), { threads });
    const stepSeconds = steps.reduce((sum, step) => sum + step.seconds, 0);
    const ops = summarize(steps, stepSeconds + besideSeconds, peaks);
    const limitSeconds = ops.reduce((sum, op) => sum + op.limitSeconds, 0);
    runs.push({ tokens: count, batchSize, seconds, stepSeconds, besideSeconds, limitSeconds, ops });
  }
  const scaling = alone ? peaks.operations[dtype] / alone.operations[dtype] : 1;
  return { folder, dtype, isa: native.info().isa, threads, peaks, scaling, listing: program.listing, runs };
}

/** Ids from all over the vocabulary, as the rows of a real text lie. */
function variedIds(count: number, from: number, vocabSize: number): number[] {
  const stride = 7919; // a prime: no short cycle in any vocabulary
  return Array.from({ length: count }, (_, t) => ((from + t) * stride) % vocabSize);
}

/** Adds up the steps of equal label. */
export function summarize(steps: readonly StepProfile[], runSeconds: number, peaks: MachinePeaks): ExplainedOp[] {
  const programBytes = steps.reduce((sum, step) => sum + step.weightBytes, 0);
  const groups = new Map<string, StepProfile[]>();
  for (const step of steps) groups.set(step.label, [...(groups.get(step.label) ?? []), step]);
  return [...groups]
    .map(([label, same]): ExplainedOp => {
      const sum = (of: (step: StepProfile) => number) => same.reduce((total, step) => total + of(step), 0);
      const limits = new Map(same.map((step) => [step, limitOf(step, step.arithmetic, peaks, programBytes)]));
      const seconds = sum((step) => step.seconds);
      return {
        op: same[0]?.op ?? '',
        label,
        count: same.length,
        seconds,
        share: seconds / runSeconds,
        operations: sum((step) => step.operations),
        bytes: sum((step) => step.weightBytes + step.valueBytes),
        limitSeconds: sum((step) => limits.get(step)?.seconds ?? 0),
        // equal labels are equal sizes
        bound: [...limits.values()][0]?.bound ?? 'memory',
      };
    })
    .sort((a, b) => b.seconds - a.seconds);
}
