/** The texts and vectors of the reference for the default model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensorsOf } from '../weights/raw-file.js';

const folder = join(import.meta.dirname, '../golden/all-MiniLM-L6-v2');
const table = tensorsOf(join(folder, 'embeddings.safetensors')).embeddings?.bytes ?? new Uint8Array(0);
const view = new DataView(table.buffer, table.byteOffset, table.byteLength);

export interface GoldenText {
  readonly text: string;
  /** With special tokens, cut at the model's length. */
  readonly ids: readonly number[];
  readonly vector: Float32Array;
}

const listed = JSON.parse(readFileSync(join(folder, 'texts.json'), 'utf8')) as Omit<GoldenText, 'vector'>[];
const width = view.byteLength / 4 / listed.length;

export const goldenTexts: readonly GoldenText[] = listed.map(({ text, ids }, i) => {
  const vector = Float32Array.from({ length: width }, (_, d) => view.getFloat32(4 * (i * width + d), true));
  return { text, ids, vector };
});

/** The largest difference of two vectors in any component. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - (b[i] ?? Number.NaN))));
}
