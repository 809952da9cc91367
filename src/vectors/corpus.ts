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
const space = 32;

/** @throws UsageError for what is no corpus, or can be read only once. */
export function checkCorpus(call: string, corpus: Corpus): void {
  if (typeof corpus === 'string') {
    throw new UsageError(`${call}: a corpus is a list of sentences, or { files: '${String(corpus).slice(0, 60)}' }`);
  }
  const source = Object(corpus) as Partial<Iterable<Sentence> & AsyncIterable<Sentence> & { files: unknown }>;
  if (source.files !== undefined && !source[Symbol.iterator]) return;
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

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Batches of whole lines; a file's line of more than a batch is cut between words. */
export async function* batches(corpus: Corpus): AsyncGenerator<Uint8Array> {
  if ('files' in corpus) {
    for (const file of typeof corpus.files === 'string' ? [corpus.files] : corpus.files) yield* linesOf(file);
    return;
  }
  let lines: string[] = [];
  let size = 0;
  for await (const sentence of corpus) {
    const line = typeof sentence === 'string' ? sentence.replaceAll('\n', ' ') : joined(sentence);
    lines.push(line);
    size += line.length + 1;
    if (size < batchBytes) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
    size = 0;
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

function joined(words: readonly string[]): string {
  for (const word of words) {
    if (typeof word === 'string' && !/\s/.test(word)) continue;
    throw new UsageError(`a word of a corpus must be a string without spaces, got ${describeValue(word)}`);
  }
  return words.join(' ');
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
      if (end === 0 && heldBytes >= batchBytes) end = piece.lastIndexOf(space) + 1;
      if (end > 0) yield Buffer.concat([...held.splice(0), piece.subarray(0, end)]);
      if (end > 0) heldBytes = 0;
      held.push(piece.subarray(end));
      heldBytes += piece.length - end;
      if (heldBytes > mostHeld)
        throw new Error(`no space and no end of line within ${mostHeld >> 20} MiB; is it text?`);
    }
  } catch (cause) {
    throw new WeightsError(`${file}: cannot be read (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
