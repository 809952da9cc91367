/** Options that callers give: every name with what its value must be, so that a mistake is told and never passed over. */
import { UsageError } from './errors.js';
import { closest } from './suggest.js';

/** Most threads that native code takes. */
export const mostThreads = 1024;

/** What linear layers round their operands to before they multiply; sums are float32, or exact integers for int8. */
export const arithmetics = ['f32', 'bf16', 'int8'] as const;
/** One of {@link arithmetics}. */
export type Arithmetic = (typeof arithmetics)[number];

interface Kind {
  readonly must: string;
  readonly is: (value: unknown) => boolean;
}

const flag: Kind = { must: 'true or false', is: (value) => typeof value === 'boolean' };
const text: Kind = { must: 'a string', is: (value) => typeof value === 'string' };
const callback: Kind = { must: 'a function', is: (value) => typeof value === 'function' };
const count: Kind = { must: 'a whole number from 1', is: (value) => Number.isSafeInteger(value) && Number(value) >= 1 };
const threads: Kind = {
  must: `a whole number from 0 (all CPUs) to ${mostThreads}`,
  is: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= mostThreads,
};
// by what it can do: test runners bring an AbortSignal of their own
const signal: Kind = {
  must: 'an AbortSignal',
  is: (value) => {
    const { throwIfAborted, addEventListener } = Object(value);
    return typeof throwIfAborted === 'function' && typeof addEventListener === 'function';
  },
};
const length: Kind = { must: 'a number', is: (value) => typeof value === 'number' };
const truncation: Kind = {
  must: 'true, false, "longest_first", "only_first" or "only_second"',
  is: (value) =>
    typeof value === 'boolean' || ['longest_first', 'only_first', 'only_second'].some((word) => word === value),
};
const list: Kind = { must: 'a list', is: Array.isArray };
/** Checked where it is read. */
const any: Kind = { must: 'anything', is: () => true };

const arithmetic: Kind = {
  must: '"f32", "bf16" or "int8"',
  is: (value) => arithmetics.some((word) => word === value),
};

const kinds = {
  a: any,
  activationFn: any,
  addSpecialTokens: flag,
  aggregationStrategy: any,
  alignToWords: flag,
  alpha: any,
  angle: length,
  applySoftmax: flag,
  arithmetic,
  attentionMask: any,
  batchSize: count,
  batchTokens: count,
  bias: any,
  binary: flag,
  bucket: any,
  cache: flag,
  cacheFolder: text,
  calibrationEmbeddings: any,
  caseInsensitive: flag,
  causal: flag,
  cbowMean: flag,
  checkpoint: text,
  components: any,
  connectorWords: any,
  corpus: any,
  cosines: any,
  counts: any,
  cumulative: flag,
  delimiter: text,
  dim: any,
  distanceBias: any,
  distances: any,
  distanceWeighting: flag,
  dtype: any,
  dummy4unknown: flag,
  eager: flag,
  earlyExaggeration: length,
  encoding: text,
  endpoint: text,
  epoch: any,
  epochs: count,
  eta: any,
  force: flag,
  format: text,
  functionToApply: any,
  gradClip: any,
  handleImpossibleAnswer: flag,
  header: flag,
  heads: any,
  hs: flag,
  hypothesisTemplate: text,
  ignoreLabels: list,
  inputIds: any,
  k: length,
  keys: any,
  learningRate: length,
  limit: count,
  localFilesOnly: flag,
  loss: any,
  lowerCase: flag,
  lr: any,
  maxActiveDims: count,
  maxAnswerLength: count,
  maxFinalVocab: count,
  maxIter: length,
  maxLength: length,
  maxn: any,
  maxVocab: count,
  maxVocabSize: count,
  memory: count,
  minAlpha: any,
  minCount: any,
  minCountLabel: any,
  minn: any,
  mmap: flag,
  mode: text,
  model: text,
  multiLabel: flag,
  nComponents: count,
  neg: any,
  negative: any,
  norm: flag,
  normalizeEmbeddings: flag,
  nsExponent: any,
  onDownload: callback,
  onProgress: callback,
  outputAttentions: flag,
  outputHiddenStates: flag,
  padding: any,
  pair: text,
  perplexity: length,
  positive: any,
  precision: any,
  prompt: text,
  promptName: text,
  queries: any,
  ranges: any,
  relative: any,
  restrictVocab: count,
  returnDocuments: flag,
  reverse: flag,
  revision: text,
  runs: count,
  sample: any,
  scale: any,
  scoring: any,
  seed: any,
  sentenceLength: any,
  sg: flag,
  shape: list,
  shrinkWindows: flag,
  signal,
  sines: any,
  skipSpecialTokens: flag,
  stopWords: list,
  stride: length,
  symmetric: flag,
  t: any,
  targets: list,
  task: text,
  threads,
  threshold: length,
  to: any,
  token: text,
  tokens: list,
  tokenTypeIds: any,
  topK: count,
  topn: count,
  truncateDim: count,
  truncation,
  unicodeErrors: text,
  vectorSize: count,
  weighting: any,
  window: any,
  windowSize: any,
  wordNgrams: any,
  ws: any,
  xMax: any,
} as const satisfies Readonly<Record<string, Kind>>;

/** A name that {@link checkOptions} knows. */
export type OptionName = keyof typeof kinds;

/**
 * Checks the options of `call`, which takes those in `names`. An option that is undefined counts as not given. `what` is
 * what messages call them.
 * @throws UsageError for what is not an object, a name that `call` does not take, or a value of the wrong kind.
 */
export function checkOptions(call: string, options: unknown, names: readonly OptionName[], what = 'options'): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new UsageError(`${call}: ${what} must be an object, got ${describeValue(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) throw unknownOption(call, what, name, names);
    const { must, is } = kinds[known];
    if (value !== undefined && !is(value))
      throw new UsageError(`${call}: ${name} must be ${must}, got ${describeValue(value)}`);
  }
}

function unknownOption(call: string, what: string, name: string, names: readonly OptionName[]): UsageError {
  // names in other languages' spelling (batch_size) or case are meant for the one they say
  const plain = (word: string) => word.replaceAll(/[_-]/g, '').toLowerCase();
  const near = closest(plain(name), names.map(plain));
  const meant = names.find((candidate) => plain(candidate) === near);
  const mend = meant === undefined ? `it takes ${names.join(', ')}` : `did you mean ${meant}?`;
  return new UsageError(`${call}: there is no "${name}" in ${what}; ${mend}`);
}

/** @throws UsageError for what cannot be the path of a file. */
export function checkPath(call: string, path: unknown): asserts path is string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw new UsageError(`${call}: the path must be a string that is not empty, got ${describeValue(path)}`);
}

/** What `value` is, for a message: `null`, `a list of 3`, `Float32Array`, `"abc"`. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'an object';
}
