/** Vectors in one byte or one bit a component, as sentence-transformers' `quantize_embeddings` makes them. */
import { UsageError } from '../../errors.js';
import { checkOptions, describeValue } from '../../options.js';
import { checkRow, Embeddings, type Truncation } from './embeddings.js';
import { readVectors, type Vectors } from './vectors.js';

/** Components that vectors can be stored in. */
export type QuantizedPrecision = 'int8' | 'uint8' | 'binary' | 'ubinary';
/** Components that `encode` can give. */
export type Precision = 'float32' | QuantizedPrecision;

/** The smallest and largest value of every component: what int8 and uint8 stretch from end to end. */
export interface Ranges {
  readonly min: ArrayLike<number>;
  readonly max: ArrayLike<number>;
}

/** Where the ranges of int8 and uint8 come from; without either, from the vectors themselves, which must be several. */
export interface QuantizeOptions {
  readonly ranges?: Ranges | undefined;
  /** Vectors like those to come. */
  readonly calibrationEmbeddings?: Vectors | undefined;
}

/** Vectors of texts, one row a text. */
export class QuantizedEmbeddings<P extends QuantizedPrecision = QuantizedPrecision> {
  readonly precision: P;
  readonly length: number;
  /** Components of a vector. */
  readonly dimension: number;
  /** Bytes of a row: one a component, or for binary one for eight, the first component in the highest bit. */
  readonly rowLength: number;
  readonly data: P extends 'int8' | 'binary' ? Int8Array : Uint8Array;
  readonly truncated: Truncation;

  /** @internal */
  constructor(precision: P, bytes: Uint8Array, length: number, dimension: number, truncated: Truncation) {
    this.precision = precision;
    this.length = length;
    this.dimension = dimension;
    this.rowLength = length === 0 ? 0 : bytes.length / length;
    const signed = precision === 'int8' || precision === 'binary';
    // signed values are the unsigned ones less 128
    this.data = (signed ? Int8Array.from(bytes, (byte) => byte - 128) : bytes) as typeof this.data;
    this.truncated = truncated;
  }

  /** The vector of text `i`: a view into {@link QuantizedEmbeddings.data}. */
  row(i: number): typeof this.data {
    checkRow(i, this.length);
    return this.data.subarray(i * this.rowLength, (i + 1) * this.rowLength) as typeof this.data;
  }

  /** All vectors, as views. */
  rows(): (typeof this.data)[] {
    return Array.from({ length: this.length }, (_, i) => this.row(i));
  }
}

/**
 * Vectors in fewer bytes. `int8` and `uint8`: 256 steps from the smallest to the largest value of each component; what lies
 * outside goes to the end. `binary` and `ubinary`: one bit, whether it is above 0.
 * @throws UsageError for what are no vectors of one dimension, or ranges that cannot be had.
 */
export function quantizeEmbeddings<P extends QuantizedPrecision>(
  embeddings: Vectors,
  precision: P,
  options: QuantizeOptions = {},
): QuantizedEmbeddings<P> {
  checkOptions('quantizeEmbeddings', options, ['ranges', 'calibrationEmbeddings']);
  const rows = readVectors('quantizeEmbeddings', 'embeddings', embeddings);
  const dimension = rows[0]?.length ?? 0;
  checkWidths('embeddings', rows, dimension);
  const truncated = embeddings instanceof Embeddings ? embeddings.truncated : { count: 0, indices: [] };
  const bytes = bytesOf(rows, dimension, precision, options);
  return new QuantizedEmbeddings(precision, bytes, rows.length, dimension, truncated);
}

type Rows = readonly ArrayLike<number>[];

function bytesOf(rows: Rows, dimension: number, precision: QuantizedPrecision, options: QuantizeOptions): Uint8Array {
  switch (precision) {
    case 'int8':
    case 'uint8':
      return steps(rows, dimension, rangesOf(rows, dimension, precision, options));
    case 'binary':
    case 'ubinary':
      return bits(rows, dimension);
    default: {
      const known = 'int8, uint8, binary, ubinary';
      throw new UsageError(`quantizeEmbeddings: precision must be ${known}, got ${describeValue(precision)}`);
    }
  }
}

function steps(rows: Rows, dimension: number, { min, max }: Ranges): Uint8Array {
  const bytes = new Uint8Array(rows.length * dimension);
  for (let d = 0; d < dimension; d++) {
    // in float32 throughout, as the reference computes
    const start = Math.fround(min[d] ?? 0);
    const step = Math.fround(Math.fround(Math.fround(max[d] ?? 0) - start) / 255) || 1;
    for (const [i, row] of rows.entries()) {
      const place = Math.floor(Math.fround(Math.fround(Math.fround(row[d] ?? 0) - start) / step));
      bytes[i * dimension + d] = Math.min(Math.max(place, 0), 255);
    }
  }
  return bytes;
}

function bits(rows: Rows, dimension: number): Uint8Array {
  const width = Math.ceil(dimension / 8);
  const bytes = new Uint8Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    for (let d = 0; d < dimension; d++) {
      if ((row[d] ?? 0) > 0) bytes[i * width + (d >> 3)]! |= 0x80 >> (d & 7);
    }
  }
  return bytes;
}

function rangesOf(rows: Rows, dimension: number, precision: string, options: QuantizeOptions): Ranges {
  const { ranges, calibrationEmbeddings } = options;
  if (ranges !== undefined) {
    const { min, max } = Object(ranges) as Partial<Ranges>;
    if (rows.length === 0 || (min?.length === dimension && max?.length === dimension)) return ranges;
    throw new UsageError(`quantizeEmbeddings: ranges must be { min, max }, lists of ${dimension} numbers each`);
  }
  const among =
    calibrationEmbeddings === undefined
      ? rows
      : readVectors('quantizeEmbeddings', 'calibrationEmbeddings', calibrationEmbeddings);
  if (rows.length > 0) checkWidths('calibrationEmbeddings', among, dimension);
  if (calibrationEmbeddings === undefined && rows.length === 1) {
    const mend = 'give ranges, or calibrationEmbeddings like those to come';
    throw new UsageError(`quantizeEmbeddings: ${precision} needs more than one vector to find ranges in; ${mend}`);
  }
  const min = new Float32Array(dimension).fill(Infinity);
  const max = new Float32Array(dimension).fill(-Infinity);
  for (const row of among) {
    for (let d = 0; d < dimension; d++) {
      min[d] = Math.min(min[d]!, row[d]!);
      max[d] = Math.max(max[d]!, row[d]!);
    }
  }
  return { min, max };
}

function checkWidths(what: string, rows: Rows, dimension: number): void {
  const odd = rows.findIndex((row) => row.length !== dimension);
  if (odd < 0) return;
  throw new UsageError(
    `quantizeEmbeddings: vector ${odd} of ${what} has ${rows[odd]?.length} numbers, not ${dimension}`,
  );
}
