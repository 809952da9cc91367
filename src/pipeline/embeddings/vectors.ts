/** Vectors as callers give them: what `encode` returned, or lists of numbers. */
import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';
import { Embeddings } from './embeddings.js';

/** Rows of numbers, or one vector. */
export type Vectors = Embeddings | readonly ArrayLike<number>[] | ArrayLike<number>;

/** Vectors as rows. @throws UsageError, in the words of `call`, for what are none. */
export function readVectors(call: string, name: string, vectors: unknown): readonly ArrayLike<number>[] {
  if (vectors instanceof Embeddings) return vectors.rows();
  if (Array.isArray(vectors) && vectors.length === 0) return [];
  if (!isList(vectors)) throw notVectors(call, name, vectors);
  if (typeof vectors[0] === 'number') return [checkedVector(call, name, vectors)];
  return Array.from(vectors, (row, i) => {
    if (!isList(row)) throw notVectors(call, `${name}[${i}]`, row);
    return checkedVector(call, `${name}[${i}]`, row);
  });
}

function isList(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== 'object' || value === null || !('length' in value)) return false;
  return Number.isSafeInteger(value.length) && Number(value.length) > 0;
}

function notVectors(call: string, place: string, found: unknown): UsageError {
  return new UsageError(`${call}: ${place} must be a list of numbers or of such lists, got ${describeValue(found)}`);
}

function checkedVector(call: string, place: string, vector: ArrayLike<unknown>): ArrayLike<number> {
  for (let i = 0; i < vector.length; i++) {
    if (typeof vector[i] !== 'number') {
      throw new UsageError(`${call}: ${place}[${i}] must be a number, got ${describeValue(vector[i])}`);
    }
  }
  return vector as ArrayLike<number>;
}
