/** Vectors to files, in every form that loading reads. */
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, WeightsError } from '../errors.js';
import { convert } from '../ops/index.js';
import { checkOptions } from '../options.js';
import { shortest } from '../shortest.js';
import { Tensor } from '../tensor/tensor.js';
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

/** `.bin` is word2vec's binary form, `.txt` and `.vec` its text; a name without an ending is a folder of vectral's own form. */
export function formatOf(file: string): VectorFormat {
  if (file.endsWith('.bin')) return 'word2vec-binary';
  if (/\.(txt|vec)$/.test(file)) return 'word2vec';
  if (path.extname(file) === '') return 'vectral';
  throw new UsageError(`${file}: the name does not tell the form; give format: ${vectorFormats.join(', ')}`);
}

export async function saveVectors(
  vectors: KeyedVectors,
  file: string,
  options: { format?: VectorFormat; dtype?: 'f32' | 'f16' },
): Promise<void> {
  checkOptions('save', options, ['format', 'dtype']);
  const format = options.format ?? formatOf(file);
  if (!vectorFormats.includes(format))
    throw new UsageError(`save: format must be ${vectorFormats.join(', ')}, got ${format}`);
  const dtype = options.dtype ?? (format === 'vectral' ? 'f16' : 'f32');
  if (dtype !== 'f32' && (dtype !== 'f16' || format !== 'vectral')) {
    throw new UsageError(`save: dtype ${dtype} is for the format vectral alone, and must be f32 or f16`);
  }
  try {
    if (format === 'vectral') return await saveOwnForm(vectors, file, dtype);
    // Beside it first: a file that is cut short never stands under the name.
    const handle = await open(file, 'w');
    try {
      await writeRows(vectors, handle, format);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new WeightsError(`${file}: cannot be written (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
}

async function writeRows(vectors: KeyedVectors, handle: FileHandle, format: VectorFormat): Promise<void> {
  const { size, dim } = vectors;
  if (format !== 'glove') await handle.write(`${size} ${dim}\n`);
  for (let begin = 0; begin < size; begin += blockRows) {
    const words = checkedWords(vectors.words(begin, begin + blockRows), format);
    const rows = vectors.rows(Int32Array.from(words, (_, i) => begin + i));
    const pieces = words.map((word, i) => {
      const row = rows.subarray(i * dim, (i + 1) * dim);
      if (format !== 'word2vec-binary') return Buffer.from(`${word} ${Array.from(row, shortest).join(' ')}\n`);
      return Buffer.concat([
        Buffer.from(`${word} `),
        new Uint8Array(row.buffer, row.byteOffset, row.byteLength),
        Buffer.from('\n'),
      ]);
    });
    await handle.write(Buffer.concat(pieces));
  }
}

/** A word that the form cannot hold would come back as another. */
function checkedWords(words: string[], format: VectorFormat): string[] {
  const odd = words.find((word) => (format === 'vectral' ? /\n/ : /[\n ]/).test(word));
  if (odd === undefined) return words;
  throw new UsageError(
    `save: the word ${JSON.stringify(odd)} has a space or newline, which ${format} cannot hold${format === 'vectral' ? '' : '; use the format vectral'}`,
  );
}

async function saveOwnForm(vectors: KeyedVectors, folder: string, dtype: 'f32' | 'f16'): Promise<void> {
  const { size, dim } = vectors;
  await mkdir(folder, { recursive: true });
  const words = checkedWords(vectors.words(), 'vectral');
  const bytes = () => {
    const rows = Tensor.from(vectors.rows(Int32Array.from({ length: size }, (_, i) => i)), { shape: [size, dim] });
    const array = (dtype === 'f32' ? rows : convert(rows, dtype)).toArray();
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  };
  const source = {
    name: ownForm.tensor,
    dtype: dtype.toUpperCase(),
    shape: [size, dim],
    size: size * dim * (dtype === 'f32' ? 4 : 2),
    bytes,
  };
  await writeTensorSources(path.join(folder, ownForm.matrix), [source]);
  await writeFile(path.join(folder, ownForm.words), words.map((word) => `${word}\n`).join(''));
}
