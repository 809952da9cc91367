/** What the pipelines share: texts in, one or many; options every call takes; tokenizing with nothing cut in silence. */
import { UsageError } from '../../errors.js';
import { describeValue, type OptionName } from '../../options.js';
import type { Encoding } from '../../tokenizers/encoding.js';
import type { TruncationStrategy } from '../../tokenizers/truncate.js';
import type { Head, HeadModel } from '../run/head-model.js';
import type { TokenSequence } from '../run/packed-batch.js';

/** Options of every call of a pipeline. */
export interface TaskCallOptions {
  /** Cut what is longer than the model reads. Default false: it is an error. */
  readonly truncation?: boolean | undefined;
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the sequences done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export const taskCallOptionNames = [
  'truncation',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];

/** A task: the head it needs, and the function it makes of a model that has it. */
export interface Task<Call> {
  readonly head: Head;
  create(model: HeadModel): Call | Promise<Call>;
}

/** A text, and the second of a pair if there is one. */
export interface TaskText {
  readonly text: string;
  readonly pair?: string | undefined;
}

/** What a task takes: in a message's words, and how one of them is read; undefined for anything else. */
export interface TaskInput {
  readonly takes: string;
  readonly read: (value: unknown) => TaskText | undefined;
}

const plainText: TaskInput = {
  takes: 'a text or a list of texts',
  read: (value) => (typeof value === 'string' ? { text: value } : undefined),
};

/** A text as the model reads it. */
export interface TokenizedText extends TokenSequence {
  readonly inputIds: Int32Array;
  readonly encoding: Encoding;
}

/**
 * Texts as a checked copy, and whether the caller gave one alone.
 * @throws UsageError for anything else, with its place.
 */
export function readTaskTexts(
  task: string,
  input: unknown,
  { takes, read }: TaskInput = plainText,
): { texts: readonly TaskText[]; alone: boolean } {
  const alone = !Array.isArray(input);
  const list: readonly unknown[] = alone ? [input] : Array.from(input);
  const texts = list.map((value, index) => {
    const text = read(value);
    if (text !== undefined) return text;
    const found = `${alone ? 'got' : `but text ${index} is`} ${describeValue(value)}`;
    throw new UsageError(`${task} takes ${takes}, ${found}`);
  });
  return { texts, alone };
}

/**
 * Runs texts and gives `take` what came of each: its rows of the head's first output, and the text as it was read.
 * @param name what messages call a text: `fill-mask: text 3`.
 * @param strategy which text of a pair `truncation` cuts.
 * @throws UsageError for a text that is longer than the model reads, unless `truncation`.
 */
export async function runTexts(
  model: HeadModel,
  texts: readonly TaskText[],
  options: TaskCallOptions,
  { name, strategy = 'longest_first' }: { name: (index: number) => string; strategy?: TruncationStrategy },
  take: (index: number, rows: Float32Array, text: TokenizedText) => void,
): Promise<void> {
  const read: TokenizedText[] = [];
  const tokenize = (index: number) => {
    const { text, pair } = texts[index] ?? { text: '' };
    const tokenized = tokenizeText(model, { text, pair }, name(index), options.truncation ? strategy : false);
    read[index] = tokenized;
    return tokenized;
  };
  const estimates = texts.map(({ text, pair = '' }) => model.estimate(text.length + pair.length));
  await model.run({ estimates, tokenize }, (index, [rows]) => take(index, rows!, read[index]!), options);
}

/**
 * Runs texts that may each be several sequences, its parts, and gives `take` what came of each part: its rows of every
 * output of the head.
 */
export async function runParts(
  model: HeadModel,
  texts: readonly (readonly Encoding[])[],
  options: TaskCallOptions,
  take: (index: number, part: number, outputs: readonly Float32Array[]) => void,
): Promise<void> {
  const parts = texts.flatMap((encodings, index) => encodings.map((encoding, part) => ({ index, part, encoding })));
  const estimates = parts.map(({ encoding }) => encoding.ids.length);
  const tokenize = (at: number) => sequenceOf(parts[at]!.encoding);
  const taken = (at: number, outputs: readonly Float32Array[]) => take(parts[at]!.index, parts[at]!.part, outputs);
  await model.run({ estimates, tokenize }, taken, options);
}

function tokenizeText(
  model: HeadModel,
  { text, pair }: TaskText,
  name: string,
  truncation: TruncationStrategy | false,
): TokenizedText {
  const most = model.maxSeqLength;
  const options = { pair: pair === undefined ? undefined : model.cased(pair), truncation, maxLength: most };
  const encoding = model.tokenizer.encode(model.cased(text), options);
  if (encoding.ids.length <= most) return sequenceOf(encoding);
  throw tooLong(model, name, encoding);
}

/** What to say of a text that is longer than the model reads and may not be cut. `mend`: besides truncation. */
export function tooLong(model: HeadModel, name: string, { ids }: Encoding, mend = ''): UsageError {
  return new UsageError(
    `${name} has ${ids.length} tokens, this model reads ${model.maxSeqLength}; shorten it${mend}, or cut it with truncation: true`,
  );
}

function sequenceOf(encoding: Encoding): TokenizedText {
  return { inputIds: encoding.ids, tokenTypeIds: encoding.typeIds, encoding };
}
