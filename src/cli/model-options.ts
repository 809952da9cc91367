/** The options every command has that loads a model. */
import { UsageError } from '../errors.js';
import { type Arithmetic, arithmetics, mostThreads } from '../options.js';
import type { SentenceTransformer } from '../pipeline/sentence/sentence-transformer.js';
import { type Arguments, type Option, wholeNumber } from './command.js';
import { downloadLine } from './download-line.js';

export const modelOptions: Readonly<Record<string, Option>> = {
  model: { value: 'MODEL', short: 'm', help: 'folder or id of the model (sentence-transformers/all-MiniLM-L6-v2)' },
  dtype: {
    value: 'TYPE',
    help: 'what to compute in: f32, bf16, int8 (default: what the folder was quantized to, or f32)',
  },
  threads: { value: 'N', help: 'threads (all CPUs this process may use)' },
  'no-cache': { help: 'neither read nor keep packed weights in the cache folder' },
};

/** Options of the commands that encode. */
export const encodeOptions: Readonly<Record<string, Option>> = {
  ...modelOptions,
  'prompt-name': { value: 'NAME', help: "one of the model's prompts, put before every text" },
  'truncate-dim': { value: 'N', help: 'keep only the first N components' },
  normalize: { help: 'scale vectors to unit length after everything else' },
  'no-normalize': { help: "leave them as the model's own modules give them (default)" },
  'batch-tokens': { value: 'N', help: 'most tokens in one native job; does not change results' },
};

function knownDtype(given: string): Arithmetic {
  const known = arithmetics.find((arithmetic) => arithmetic === given);
  if (!known) throw new UsageError(`--dtype ${given} is not known; supported: ${arithmetics.join(', ')}`);
  return known;
}

/** What to compute in, if the option is given. */
export function dtypeOf(args: Arguments): Arithmetic | undefined {
  const given = args.options.get('dtype');
  return given === undefined ? undefined : knownDtype(given);
}

/** A list of --dtype; f32 if it is not given. */
export function dtypesOf(args: Arguments): readonly Arithmetic[] {
  return (args.options.get('dtype') ?? 'f32').split(',').map((word) => knownDtype(word.trim()));
}

/** Options for `encode`, checked before anything is loaded. */
export function readEncodeOptions(args: Arguments) {
  if (args.options.has('normalize') && args.options.has('no-normalize')) {
    throw new UsageError('--normalize and --no-normalize exclude each other; give one');
  }
  return {
    promptName: args.options.get('prompt-name'),
    truncateDim: wholeNumber(args, 'truncate-dim'),
    batchTokens: wholeNumber(args, 'batch-tokens'),
    normalizeEmbeddings: args.options.has('normalize'),
  };
}

/** Loads the model the options name. The engine is loaded only here, so that help and misuse need none. */
export async function loadModel(args: Arguments, model = args.options.get('model')): Promise<SentenceTransformer> {
  const threads = wholeNumber(args, 'threads', mostThreads);
  const { SentenceTransformer } = await import('../pipeline/sentence/sentence-transformer.js');
  const line = downloadLine();
  const cache = !args.options.has('no-cache');
  const options = { threads, dtype: dtypeOf(args), cache, onDownload: line.draw };
  return SentenceTransformer.load(model, options).finally(line.end);
}
