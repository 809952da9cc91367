/** Texts from arguments, a file or standard input; streamed, so that input may be of any length. */
import { open } from 'node:fs/promises';
import { UsageError, VectralError } from '../errors.js';
import type { Arguments, Option } from './command.js';

export const inputOptions: Readonly<Record<string, Option>> = {
  file: { value: 'FILE', short: 'f', help: 'read texts from a file (- is standard input), a text a line' },
  jsonl: { help: 'lines are JSON: a string, or an object with "text" (the default for a .jsonl file)' },
};

/**
 * The texts a command was given. An empty line is an empty text; in JSON lines, empty lines do not count.
 * @throws {UsageError} There are none, or they come from two places.
 */
export async function readTexts(args: Arguments): Promise<Iterable<string> | AsyncIterable<string>> {
  const file = args.options.get('file');
  if (args.positionals.length > 0) {
    if (file !== undefined) throw new UsageError('texts come from arguments or from --file, not from both');
    if (args.options.has('jsonl')) throw new UsageError('--jsonl is for --file and standard input, not for arguments');
    return args.positionals;
  }
  const fromFile = file !== undefined && file !== '-';
  if (file === undefined && process.stdin.isTTY) {
    throw new UsageError('no texts; give them as arguments, with --file FILE, or on standard input');
  }
  const source = fromFile ? file : 'standard input';
  const lines = readLines(fromFile ? await openFile(file) : process.stdin, source);
  return args.options.has('jsonl') || /\.(jsonl|ndjson)$/i.test(file ?? '') ? readJsonLines(lines, source) : lines;
}

/** Opened at once, so that a wrong name is told before a model is loaded. */
async function openFile(path: string): Promise<AsyncIterable<Buffer>> {
  try {
    return (await open(path)).createReadStream();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(source: string, cause: unknown): VectralError {
  return new VectralError('INPUT', `cannot read ${source}: ${(cause as Error).message}`, { cause });
}

/** Lines end with LF or CR LF. U+2028 and its like end none, so that JSON strings stay whole. */
async function* readLines(stream: AsyncIterable<Buffer | string>, source: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let begun: string[] = [];
  const take = function* (text: string) {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      begun.push(text.slice(start, end));
      yield begun.join('').replace(/\r$/, '');
      begun = [];
      line++;
      start = end + 1;
    }
    if (start < text.length) begun.push(text.slice(start));
  };
  const decode = (bytes?: Buffer) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new VectralError('INPUT', `${source} is not UTF-8 (after line ${line}); convert it first`, { cause });
    }
  };
  try {
    for await (const chunk of stream) yield* take(decode(Buffer.from(chunk)));
  } catch (cause) {
    if (cause instanceof VectralError) throw cause;
    throw unreadable(source, cause);
  }
  yield* take(decode());
  if (begun.length > 0) yield begun.join('').replace(/\r$/, '');
}

async function* readJsonLines(lines: AsyncIterable<string>, source: string): AsyncGenerator<string> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new VectralError('INPUT', `${source}, line ${number}: is not JSON`, { cause });
    }
    const text = typeof value === 'object' && value !== null ? (value as { text?: unknown }).text : value;
    if (typeof text !== 'string') {
      throw new VectralError(
        'INPUT',
        `${source}, line ${number}: must be a JSON string or an object with a string "text"`,
      );
    }
    yield text;
  }
}
