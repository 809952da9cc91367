/** Files of word vectors: which form a path has, and its bytes fed to the native reader. */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { UsageError, WeightsError } from '../errors.js';
import { native, type VectorsHandle } from '../native.js';
import { checkOptions } from '../options.js';
import { SafetensorsFile } from '../weights/safetensors.js';
import { refused } from '../weights/weight-file.js';

/** Element types a matrix of word vectors may have in memory; `i8` has a scale for each row. */
export type VectorDType = 'f32' | 'f16' | 'bf16' | 'i8';
export const vectorDTypes: readonly VectorDType[] = ['f32', 'f16', 'bf16', 'i8'];

/** How {@link KeyedVectors.load} reads a file; the names are gensim's in camelCase. */
export interface VectorFileOptions {
  /** word2vec's binary form. Default: whether the name ends in `.bin` or `.bin.gz`. */
  binary?: boolean | undefined;
  /** Whether a text file begins with the line `words dimensions`, as word2vec's do and GloVe's do not. Default: looks. */
  header?: boolean | undefined;
  /** Reads the first words only. */
  limit?: number | undefined;
  /** Of the words: `utf-8` (default) or `latin1`. */
  encoding?: 'utf-8' | 'latin1' | undefined;
  /** What to do with words that are not UTF-8, as Python's error handlers. Default: `strict`, an error. */
  unicodeErrors?: 'strict' | 'ignore' | 'replace' | undefined;
  /** Of the matrix in memory. Default: `f32`; vectral's own form stays as the file has it. */
  dtype?: VectorDType | undefined;
  /** Ends the loading with its reason. */
  signal?: AbortSignal | undefined;
}

/** What was found while reading. */
export interface VectorFileReport {
  /** Words by the file's header; `undefined` without one. */
  readonly declared: number | undefined;
  /** Rows left out because an earlier row has the same word, as gensim does. */
  readonly duplicates: number;
  /** The first word that came again. */
  readonly duplicate: string | undefined;
}

export interface ReadVectors {
  readonly handle: VectorsHandle;
  readonly report: VectorFileReport;
}

/** The two files of vectral's own form, in one folder. */
export const ownForm = { matrix: 'vectors.safetensors', words: 'vocab.txt', tensor: 'embeddings', scales: 'scales' };

const chunkBytes = 1 << 18; // of a MiB, two would show in the peak of memory
const fastTextMagic = 793712314;

/** @throws WeightsError naming the file and the place, where it is not what it should be. */
export async function readVectorFile(file: string, options: VectorFileOptions): Promise<ReadVectors> {
  check(file, options);
  const found = await stat(file).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new WeightsError(`${file}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`, {
      cause,
    });
  });
  if (found.isDirectory()) return readOwnForm(path.join(file, ownForm.matrix), path.join(file, ownForm.words), options);
  if (file.endsWith('.safetensors')) return readOwnForm(file, path.join(path.dirname(file), ownForm.words), options);
  if (!found.isFile())
    throw new WeightsError(`${file}: is no regular file, and is read at any place; save it as one first`);
  const handle = await open(file);
  try {
    return await readStream(file, handle, found.size, options);
  } finally {
    await handle.close();
  }
}

function check(file: string, options: VectorFileOptions): void {
  if (typeof file !== 'string' || file === '')
    throw new UsageError('KeyedVectors.load takes the path of a file or folder');
  checkOptions('KeyedVectors.load', options, [
    'binary',
    'header',
    'limit',
    'encoding',
    'unicodeErrors',
    'dtype',
    'signal',
  ]);
  const one = (name: keyof VectorFileOptions, allowed: readonly unknown[]) => {
    const value = options[name];
    if (value === undefined || allowed.includes(value)) return;
    throw new UsageError(
      `KeyedVectors.load: ${name} must be ${allowed.map(String).join(' or ')}, got ${String(value)}`,
    );
  };
  one('binary', [true, false]);
  one('header', [true, false]);
  one('encoding', ['utf-8', 'latin1']);
  one('unicodeErrors', ['strict', 'ignore', 'replace']);
  one('dtype', vectorDTypes);
  const { limit } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new UsageError(`KeyedVectors.load: limit must be a whole number from 1, got ${limit}`);
  }
}

async function readStream(
  file: string,
  handle: FileHandle,
  size: number,
  options: VectorFileOptions,
): Promise<ReadVectors> {
  const start = Buffer.alloc(4);
  const { bytesRead } = await handle.read(start, 0, 4, 0);
  const zipped = bytesRead >= 2 && start[0] === 0x1f && start[1] === 0x8b;
  if (bytesRead === 4 && start.readInt32LE() === fastTextMagic) {
    return readFastText(file, options);
  }
  const reader = native.vectorReader({
    path: file,
    binary: options.binary ?? /\.bin(\.gz)?$/.test(file),
    header: options.header === undefined ? 'detect' : options.header ? 'present' : 'absent',
    limit: options.limit ?? 0,
    fileBytes: zipped ? -1 : size,
    dtype: options.dtype ?? 'f32',
    latin1: options.encoding === 'latin1',
    undecodable: options.unicodeErrors ?? 'strict',
  });
  try {
    // One piece is read or unzipped while the one before is parsed.
    let parsing = Promise.resolve(false);
    const pieces = zipped ? unzipped(file, handle) : plain(handle);
    for await (const piece of pieces) {
      options.signal?.throwIfAborted();
      if (await parsing) break;
      parsing = native.vectorReaderFeed(reader, piece, false);
      parsing.catch(() => {}); // looked at in the next turn
    }
    if (!(await parsing)) await native.vectorReaderFeed(reader, new Uint8Array(0), true);
    options.signal?.throwIfAborted();
    const { vectors, declared, duplicates, duplicate } = native.vectorReaderFinish(reader);
    return {
      handle: vectors,
      report: {
        declared: declared < 0 ? undefined : declared,
        duplicates,
        duplicate: duplicates > 0 ? duplicate : undefined,
      },
    };
  } catch (cause) {
    if (options.signal?.aborted || cause instanceof WeightsError) throw cause;
    refused(cause);
  }
}

/** The file's bytes from its start; each piece is good until the next but one. */
async function* plain(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  for (let at = 0, turn = 0; ; turn ^= 1) {
    const { bytesRead } = await handle.read(buffers[turn]!, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffers[turn]!.subarray(0, bytesRead);
  }
}

async function* unzipped(file: string, handle: FileHandle): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 }).pipe(gunzip);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } catch (cause) {
    throw new WeightsError(
      `${file}: cannot be unzipped (${cause instanceof Error ? cause.message : cause}); it is damaged or was cut short`,
      { cause },
    );
  }
}

/** The vectors of a fastText model's words, n-grams included. */
async function readFastText(file: string, options: VectorFileOptions): Promise<ReadVectors> {
  if (options.limit !== undefined || options.dtype !== undefined) {
    throw new UsageError(`${file}: limit and dtype are for text and binary files of vectors; this is a fastText model`);
  }
  const model = await native.fastTextLoad(file, true).catch(refused);
  try {
    const handle = await native.fastTextWordVectors(model).catch(refused);
    const { words } = native.fastTextInfo(model);
    return { handle, report: { declared: words, duplicates: 0, duplicate: undefined } };
  } finally {
    native.fastTextRelease(model);
  }
}

/** `vectors.safetensors` (`embeddings` [words, dim], `scales` [words] if it is i8), mapped, and `vocab.txt`, a word a line. */
async function readOwnForm(matrixFile: string, wordsFile: string, options: VectorFileOptions): Promise<ReadVectors> {
  const odd = (['limit', 'dtype', 'binary', 'header', 'encoding', 'unicodeErrors'] as const).find(
    (name) => options[name] !== undefined && !(name === 'binary' && options.binary === false),
  );
  if (odd !== undefined) {
    throw new UsageError(`${matrixFile}: ${odd} is for text and binary files; this one is used in place`);
  }
  const words = await readFile(wordsFile).catch((cause: unknown) => {
    throw new WeightsError(
      `${wordsFile}: cannot be read (${(cause as NodeJS.ErrnoException).code}); it lists the words, one a line`,
      { cause },
    );
  });
  using file = await SafetensorsFile.open(matrixFile);
  const matrix = file.tensor(ownForm.tensor);
  const [rows, dim] = matrix.shape;
  if (matrix.shape.length !== 2 || !dim || !(vectorDTypes as readonly string[]).includes(matrix.dtype)) {
    throw new WeightsError(
      `${matrixFile}: tensor "${ownForm.tensor}" must be [words, dim] of ${vectorDTypes.join(', ')}, is ${matrix.dtype} [${matrix.shape}]`,
    );
  }
  let lines = 0;
  for (const byte of words) lines += byte === 10 ? 1 : 0;
  if (words.length > 0 && words.at(-1) !== 10) lines += 1;
  if (lines !== rows) throw new WeightsError(`${wordsFile}: has ${lines} words, the matrix beside it ${rows} rows`);
  const scales = matrix.dtype === 'i8' ? file.tensor(ownForm.scales).toArray() : undefined;
  try {
    const handle = native.vectorsFrom(words, matrix.handle, scales as Float32Array | undefined);
    return { handle, report: { declared: rows, duplicates: 0, duplicate: undefined } };
  } catch (cause) {
    throw new WeightsError(`${wordsFile}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
