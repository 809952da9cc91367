/** Writers of matrices. Every format holds the vectors alone, row i for text i. */

import { endianness } from 'node:os';
import { shortest } from '../shortest.js';
import type { Sink } from './output.js';

export const formats = ['jsonl', 'json', 'csv', 'npy', 'f32'] as const;
export type Format = (typeof formats)[number];

/** What a writer takes: rows of equal length, as {@link Embeddings} has them. */
export interface Rows {
  readonly length: number;
  readonly data: Components;
  row(i: number): Components;
}

/** float32, int8 or uint8; what binary vectors are packed in is one of the latter. */
export type Components = Float32Array | Int8Array | Uint8Array;

export interface MatrixWriter {
  write(rows: Rows): Promise<void>;
  end(): Promise<void>;
}

/** NumPy's names of {@link Components}. */
const numpyTypes = { float32: '<f4', int8: '|i1', uint8: '|u1' } as const;
export type ComponentType = keyof typeof numpyTypes;

/** A writer of rows of `dimension` numbers to `sink`. It leaves the sink open. */
export function createWriter(
  format: Format,
  sink: Sink,
  dimension: number,
  type: ComponentType = 'float32',
): MatrixWriter {
  switch (format) {
    case 'jsonl':
      return textWriter(sink, { row: (row) => `[${numbers(row, ',')}]\n` });
    case 'json':
      return textWriter(sink, {
        begin: '[',
        row: (row, i) => `${i === 0 ? '\n' : ',\n'}[${numbers(row, ',')}]`,
        end: '\n]\n',
      });
    case 'csv':
      return textWriter(sink, { row: (row) => `${numbers(row, ',')}\n` });
    case 'f32':
      return { write: (rows) => sink.write(littleEndian(rows.data)), end: async () => {} };
    case 'npy':
      return npyWriter(sink, dimension, numpyTypes[type]);
  }
}

interface TextForm {
  readonly begin?: string;
  row(row: Components, index: number): string;
  readonly end?: string;
}

function textWriter(sink: Sink, form: TextForm): MatrixWriter {
  let count = 0;
  const begin = () => (count === 0 ? (form.begin ?? '') : '');
  return {
    async write(rows) {
      let text = begin();
      for (let i = 0; i < rows.length; i++) text += form.row(rows.row(i), count++);
      await sink.write(text);
    },
    async end() {
      await sink.write(begin() + (form.end ?? ''));
    },
  };
}

function numbers(row: Components, separator: string): string {
  if (!(row instanceof Float32Array)) return row.join(separator);
  let text = '';
  for (let i = 0; i < row.length; i++) text += (i === 0 ? '' : separator) + shortest(row[i]!);
  return text;
}

/**
 * NumPy's format 1.0. Its header says how many rows follow, so it is written first with room for any count and
 * overwritten at the end; to a pipe, which cannot go back, the rows wait until all are known.
 */
function npyWriter(sink: Sink, dimension: number, type: string): MatrixWriter {
  const waiting: Uint8Array[] = [];
  let count = 0;
  let begun = false;
  const begin = async () => {
    if (sink.patch && !begun) await sink.write(npyHeader(0, dimension, type));
    begun = true;
  };
  return {
    async write(rows) {
      await begin();
      count += rows.length;
      if (sink.patch) await sink.write(littleEndian(rows.data));
      else waiting.push(littleEndian(rows.data));
    },
    async end() {
      await begin();
      const header = npyHeader(count, dimension, type);
      if (sink.patch) await sink.patch(0, header);
      else for (const part of [header, ...waiting]) await sink.write(part);
    },
  };
}

/** Always 128 bytes: magic, version, length, and a Python dictionary padded with spaces. */
function npyHeader(rows: number, columns: number, type: string): Uint8Array {
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = Buffer.alloc(128, ' ');
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  header.write(dictionary, 10, 'latin1');
  header[127] = 0x0a;
  return header;
}

function littleEndian(data: Components): Uint8Array {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const swapped = endianness() === 'BE' && data instanceof Float32Array;
  return swapped ? Buffer.from(bytes).swap32() : bytes;
}
