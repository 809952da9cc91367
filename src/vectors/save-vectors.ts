/** Vectors to files, in every form that loading reads. */
import { type FileHandle, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, WeightsError } from '../errors.js';
import { native, type VectorsHandle } from '../native.js';
import { convert } from '../ops/index.js';
import { checkOptions, checkPath } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { replaceFile } from '../weights/replace-file.js';
import { writeTensorSources } from '../weights/safetensors.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { ownForm } from './vector-file.js';

/**
 * `word2vec`: text with a header (also fastText's `.vec`). `word2vec-binary`. `glove`: text without a header. `vectral`: a folder with
 * `vectors.safetensors` and `vocab.txt`, loaded in place.
 */
export type VectorFormat = 'word2vec' | 'word2vec-binary' | 'glove' | 'vectral';
export const vectorFormats: readonly VectorFormat[] = ['word2vec', 'word2vec-binary', 'glove', 'vectral'];

const blockRows = 4096;
/** The largest number of f16. */
export const largestHalf = 65504;

/** `.bin` is word2vec's binary form, `.txt` and `.vec` its text; a name without an ending is a folder of vectral's own form. */
export function formatOf(file: string): VectorFormat {
  if (file.endsWith('.bin')) return 'word2vec-binary';
  if (/\.(txt|vec)$/.test(file)) return 'word2vec';
  if (path.extname(file) === '') return 'vectral';
  throw new UsageError(
    `${file}: the name does not tell the form; end it in .bin, .txt or .vec, or give format: ${vectorFormats.join(', ')}`,
  );
}

export async function saveVectors(
  vectors: KeyedVectors,
  rows: VectorsHandle,
  file: string,
  options: { format?: VectorFormat; dtype?: 'f32' | 'f16' },
): Promise<void> {
  checkPath('save', file);
  checkOptions('save', options, ['format', 'dtype']);
  if (file.endsWith('.gz'))
    throw new UsageError(
      `save: ${file}: files are written unpacked; leave .gz out of the name, and pack it afterwards`,
    );
  const format = options.format ?? formatOf(file);
  if (!vectorFormats.includes(format))
    throw new UsageError(`save: format must be ${vectorFormats.join(', ')}, got ${format}`);
  const dtype = options.dtype ?? (format === 'vectral' ? 'f16' : 'f32');
  if (dtype !== 'f32' && (dtype !== 'f16' || format !== 'vectral')) {
    throw new UsageError(`save: dtype ${dtype} is for the format vectral alone, and must be f32 or f16`);
  }
  try {
    if (format === 'vectral') return await saveOwnForm(vectors, file, dtype);
    await replaceFile(file, async (handle) => {
      if (format !== 'glove') await handle.write(`${vectors.size} ${vectors.dim}\n`);
      if (format === 'word2vec-binary') await writeBinary(vectors, handle);
      else await writeText(vectors, rows, handle, format);
    });
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new WeightsError(`${file}: cannot be written (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
}

async function writeText(
  vectors: KeyedVectors,
  rows: VectorsHandle,
  handle: FileHandle,
  format: VectorFormat,
): Promise<void> {
  for (let begin = 0; begin < vectors.size; begin += blockRows) {
    const end = Math.min(begin + blockRows, vectors.size);
    checkedWords(vectors.words(begin, end), format);
    const text = await native.vectorsText(rows, begin, end);
    if (format === 'glove' && begin === 0) checkFirstLine(text);
    await handle.writeFile(text);
  }
}

/** Loading takes a first line of two whole numbers for a header. */
function checkFirstLine(text: Uint8Array): void {
  const line = Buffer.from(text.subarray(0, text.indexOf(10))).toString();
  if (!/^\s*\d+\s+\d+\s*$/.test(line)) return;
  throw new UsageError(`save: the first line would be "${line}", which loading takes for a header; use another format`);
}

async function writeBinary(vectors: KeyedVectors, handle: FileHandle): Promise<void> {
  const { size, dim } = vectors;
  for (let begin = 0; begin < size; begin += blockRows) {
    const words = checkedWords(vectors.words(begin, begin + blockRows), 'word2vec-binary');
    const rows = Buffer.from(vectors.rows(places(begin, begin + words.length)).buffer);
    const newline = Buffer.from('\n');
    const pieces = words.flatMap((word, i) => [
      Buffer.from(`${word} `),
      rows.subarray(i * dim * 4, (i + 1) * dim * 4),
      newline,
    ]);
    await handle.writeFile(Buffer.concat(pieces));
  }
}

function places(begin: number, end: number): Int32Array {
  return Int32Array.from({ length: end - begin }, (_, i) => begin + i);
}

/** A word that the form cannot hold would come back as another. */
function checkedWords(words: string[], format: VectorFormat): string[] {
  const odd = words.find((word) => (format === 'vectral' ? /\n/ : /[\n ]/).test(word));
  if (odd === undefined) return words;
  throw new UsageError(
    `save: the word ${JSON.stringify(odd)} has a space or newline, which ${format} cannot hold${format === 'vectral' ? '' : '; use the format vectral'}`,
  );
}

/** A number that f16 cannot hold would become Infinity. */
function checkHalf(vectors: KeyedVectors, values: Float32Array, begin: number): void {
  const odd = values.findIndex((x) => Math.abs(x) > largestHalf);
  if (odd < 0) return;
  const word = JSON.stringify(vectors.words(begin + Math.floor(odd / vectors.dim))[0]);
  throw new UsageError(`save: the vector of ${word} holds ${values[odd]}, which f16 cannot hold; give dtype: 'f32'`);
}

async function saveOwnForm(vectors: KeyedVectors, folder: string, dtype: 'f32' | 'f16'): Promise<void> {
  const { size, dim } = vectors;
  await mkdir(folder, { recursive: true });
  function* bytes() {
    for (let begin = 0; begin < size; begin += blockRows) {
      const end = Math.min(begin + blockRows, size);
      const values = vectors.rows(places(begin, end));
      if (dtype === 'f16') checkHalf(vectors, values, begin);
      const rows = Tensor.from(values, { shape: [end - begin, dim] });
      const array = (dtype === 'f32' ? rows : convert(rows, dtype)).toArray();
      yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    }
  }
  const source = {
    name: ownForm.tensor,
    dtype: dtype.toUpperCase(),
    shape: [size, dim],
    size: size * dim * (dtype === 'f32' ? 4 : 2),
    bytes,
  };
  // The words take their place last: nothing has changed yet where the matrix cannot be written.
  await replaceFile(path.join(folder, ownForm.words), async (file) => {
    for (let begin = 0; begin < size; begin += blockRows) {
      const block = checkedWords(vectors.words(begin, begin + blockRows), 'vectral');
      await file.writeFile(block.map((word) => `${word}\n`).join(''));
    }
    await writeTensorSources(path.join(folder, ownForm.matrix), [source]);
  });
}
