/** One measurement of `vectral bench`: one model, one dtype, one thread count, in one process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UsageError, VectralError } from '../errors.js';
import { timeCalls } from '../measure/latency.js';
import { passage } from '../measure/passage.js';
import { quantile, type Tail, tailOfRounds } from '../measure/statistics.js';
import { logNormalLengths, type MeasuredText, mixedSentences, textsOfLengths } from '../measure/workload.js';
import type { Arithmetic } from '../options.js';
import type { SentenceTransformer } from '../pipeline/sentence/sentence-transformer.js';
import type { BenchReport } from './bench-report.js';

export interface Settings {
  readonly model: string | undefined;
  readonly dtype: Arithmetic;
  readonly threads: number | undefined;
  readonly tokens: readonly number[];
  /** Milliseconds for one figure. */
  readonly budget: number;
  /** Read and keep packed weights in the cache folder. */
  readonly cache: boolean;
}

/** Text → vector for one text of so many tokens, milliseconds. */
export interface LatencyRow extends Tail {
  readonly tokens: number;
  readonly p50: number;
}

export interface BenchRun {
  readonly model: {
    readonly folder: string;
    readonly architecture: string;
    readonly parameters: number;
    readonly dimension: number;
  };
  readonly dtype: Arithmetic;
  readonly threads: number;
  readonly isa: string;
  readonly features: readonly string[];
  /** Milliseconds from the call of `load` until it is done. */
  readonly loadMs: number;
  /** Milliseconds from the start of the process to the first vector. */
  readonly firstVectorMs: number;
  readonly latency: readonly LatencyRow[];
  /** One request of many texts of mixed lengths, median of `rounds`. */
  readonly batch: {
    readonly texts: number;
    readonly tokens: number;
    readonly textsPerSecond: number;
    readonly tokensPerSecond: number;
    readonly rounds: number;
  };
  /** Resident memory of the process once the model has given a vector, and at most. */
  readonly memory: { readonly loadedMB: number; readonly peakMB: number };
}

/** Measures in this process. */
export async function measureHere(settings: Settings): Promise<BenchRun> {
  const { model: name, dtype, threads, tokens, budget, cache } = settings;
  const { SentenceTransformer } = await import('../pipeline/sentence/sentence-transformer.js');
  const begin = performance.now();
  await using model = await SentenceTransformer.load(name, { dtype, threads, cache });
  const loadMs = performance.now() - begin;
  await model.encode('The first text.');
  const firstVectorMs = performance.now();
  const loadedMB = process.memoryUsage().rss / 1e6;
  const lengths = tokens.filter((count) => count <= model.maxSeqLength);
  const latency: LatencyRow[] = [];
  for (const [index, { text }] of textsOf(model, lengths).entries()) {
    const times = await timeCalls(() => model.encode(text), budget);
    latency.push({ tokens: lengths[index]!, p50: quantile(times, 0.5), ...tailOfRounds([times]) });
  }
  const batch = await measureBatch(model, budget);
  const { architecture, parameters, native } = model.describe();
  return {
    model: { folder: model.folder, architecture, parameters, dimension: model.dimension },
    dtype,
    threads: threads ?? native.threads,
    isa: native.isa,
    features: native.features,
    loadMs,
    firstVectorMs,
    latency,
    batch,
    memory: { loadedMB, peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6 },
  };
}

async function measureBatch(model: SentenceTransformer, budget: number): Promise<BenchRun['batch']> {
  const max = Math.min(mixedSentences.max, model.maxSeqLength);
  const texts = textsOf(model, logNormalLengths({ ...mixedSentences, max }));
  const tokens = texts.reduce((sum, { ids }) => sum + ids.length, 0);
  const times = await timeCalls(() => model.encode(texts.map(({ text }) => text)), budget);
  const seconds = quantile(times, 0.5) / 1000;
  const [textsPerSecond, tokensPerSecond] = [texts.length / seconds, tokens / seconds];
  return { texts: texts.length, tokens, textsPerSecond, tokensPerSecond, rounds: times.length };
}

function textsOf(model: SentenceTransformer, lengths: readonly number[]): MeasuredText[] {
  const tokenize = (text: string) => model.tokenizer.encode(text, { truncation: false }).ids;
  try {
    return textsOfLengths(tokenize, passage.split(/\s+/), lengths, mixedSentences.seed);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`--tokens: ${cause.message}`);
  }
}

/** Measures in a process of its own: this command again, for one dtype and one thread count. */
export async function measureInChild(settings: Settings): Promise<BenchRun> {
  const { model, dtype, threads, tokens, budget, cache } = settings;
  const args = ['bench', '--json', '--dtype', dtype, '--tokens', tokens.join(','), '--budget', String(budget)];
  if (model !== undefined) args.push('--model', model);
  if (threads !== undefined) args.push('--threads', String(threads));
  if (!cache) args.push('--no-cache');
  const program = process.argv[1]!;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
    const { runs } = JSON.parse(stdout) as BenchReport;
    return runs[0]!;
  } catch (cause) {
    const { stderr = '', code, message } = cause as Error & { stderr?: string; code?: number };
    const line = stderr.trim().replace(/^vectral: /, '') || message;
    throw code === 2 ? new UsageError(line) : new VectralError('BENCH', line, { cause });
  }
}
