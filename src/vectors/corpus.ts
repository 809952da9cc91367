/** The texts a trainer reads, as batches of bytes: a sentence a line, words apart by spaces. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { UsageError, WeightsError } from '../errors.js';
import { describeValue } from '../options.js';

/** Words of a sentence, or a text whose words are apart by spaces. */
export type Sentence = string | readonly string[];

/**
 * What training reads, once to count and once an epoch: a list of sentences, any other iterable that starts anew each time, or
 * `{ files }`, the paths of text files with a sentence a line (`.gz` too).
 */
export type Corpus = Iterable<Sentence> | AsyncIterable<Sentence> | { readonly files: string | readonly string[] };

const batchBytes = 1 << 20;
const mostHeld = 64 << 20;
const newline = 10;
/** Bytes between the words of a line, as native code has them. */
export const separators: readonly number[] = [0, 9, 11, 12, 13, 32];
/** One of {@link separators}, or the end of a line. */
export const separator = /[\n\0\t\n\v\f\r ]/;

/** @throws UsageError for what is no corpus, or can be read only once. */
export function checkCorpus(call: string, corpus: Corpus): void {
  if (typeof corpus === 'string') {
    throw new UsageError(`${call}: a corpus is a list of sentences, or { files: '${String(corpus).slice(0, 60)}' }`);
  }
  const source = Object(corpus) as Partial<Iterable<Sentence> & AsyncIterable<Sentence> & { files: unknown }>;
  if (source.files !== undefined && !source[Symbol.iterator]) {
    checkFiles(call, filesOf(corpus));
    return;
  }
  const begin = source[Symbol.asyncIterator] ?? source[Symbol.iterator];
  if (typeof begin !== 'function') {
    throw new UsageError(`${call}: a corpus is an iterable of sentences or { files }, got ${describeValue(corpus)}`);
  }
  const { next, on, getReader } = corpus as { next?: unknown; on?: unknown; getReader?: unknown };
  const once = typeof next === 'function' ? 'generator' : [on, getReader].some(isFunction) ? 'stream' : undefined;
  if (once) {
    throw new UsageError(
      `${call}: a ${once} can be read only once, and training reads its corpus several times; pass a list, { files }, or an object whose iterator starts anew`,
    );
  }
}

function checkFiles(call: string, files: readonly unknown[] | undefined): void {
  const odd = files?.find((file) => typeof file !== 'string' || file === '' || file.includes('\0'));
  if (files?.length && odd === undefined) return;
  const got = files === undefined ? 'something else' : files.length === 0 ? 'an empty list' : describeValue(odd);
  throw new UsageError(`${call}: files must be the path of a text file or a list of such paths, got ${got}`);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** The files that a corpus is made of, or undefined if it has its sentences in memory. */
export function filesOf(corpus: Corpus): readonly string[] | undefined {
  if (!('files' in corpus)) return undefined;
  const { files } = corpus;
  if (typeof files === 'string') return [files];
  return typeof Object(files)[Symbol.iterator] === 'function' ? [...files] : undefined;
}

/** Batches of whole lines; a file's line of more than a batch is cut between words. */
export async function* batches(corpus: Corpus): AsyncGenerator<Uint8Array> {
  if ('files' in corpus) {
    for (const file of filesOf(corpus)!) yield* linesOf(file);
    return;
  }
  let lines: string[] = [];
  let size = 0;
  let number = 0;
  for await (const sentence of corpus) {
    const line = lineOf(sentence, ++number);
    lines.push(line);
    size += line.length + 1;
    if (size < batchBytes) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
    size = 0;
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

/** @throws UsageError that tells the sentence by its number, from 1. */
function lineOf(sentence: unknown, number: number): string {
  if (typeof sentence === 'string') return sentence.replaceAll('\n', ' ');
  const where = `sentence ${number} of the corpus`;
  if (!Array.isArray(sentence))
    throw new UsageError(`${where} must be a string or a list of words, got ${describeValue(sentence)}`);
  for (const word of sentence) {
    if (typeof word === 'string' && !separator.test(word)) continue;
    throw new UsageError(`a word of ${where} must be a string without spaces, got ${describeValue(word)}`);
  }
  return sentence.join(' ');
}

async function* linesOf(file: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(file, { highWaterMark: batchBytes });
  const pieces = file.endsWith('.gz') ? stream.pipe(createGunzip({ chunkSize: batchBytes })) : stream;
  stream.on('error', (error) => pieces.destroy(error));
  const held: Buffer[] = []; // what came after the last cut
  let heldBytes = 0;
  try {
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      let end = piece.lastIndexOf(newline) + 1;
      if (end === 0 && heldBytes >= batchBytes) end = piece.findLastIndex((byte) => separators.includes(byte)) + 1;
      if (end > 0) yield Buffer.concat([...held.splice(0), piece.subarray(0, end)]);
      if (end > 0) heldBytes = 0;
      held.push(piece.subarray(end));
      heldBytes += piece.length - end;
      if (heldBytes > mostHeld)
        throw new Error(`no space and no end of line within ${mostHeld >> 20} MiB; is it text?`);
    }
  } catch (cause) {
    throw new WeightsError(`${file}: cannot be read (${cause instanceof Error ? cause.message : cause})`, { cause });
  } finally {
    stream.destroy(); // else the file stays open where unpacking ends early
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
