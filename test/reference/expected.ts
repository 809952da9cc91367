/** Reads expected values of fixtures, independently of the code under test. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Expected {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: readonly number[];
}

/** A path below test/. */
export function testPath(...parts: readonly string[]): string {
  return fileURLToPath(new URL(`../${parts.join('/')}`, import.meta.url));
}

/** F32 and I64 tensors of a safetensors file by name. */
export function readTensors(path: string): Map<string, Expected> {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + headerLength),
  );
  const tensors = new Map<string, Expected>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [begin, end] = data_offsets.map((offset) => offset + 8 + headerLength) as [number, number];
    const buffer = new Uint8Array(bytes.subarray(begin, end)).buffer;
    const data = dtype === 'I64' ? Array.from(new BigInt64Array(buffer), Number) : Array.from(new Float32Array(buffer));
    tensors.set(name, { shape, data });
  }
  return tensors;
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The largest excess of |got − want| over atol + rtol·|want|; at most 0 means equal within tolerance. */
export function worstExcess(got: ArrayLike<number>, want: ArrayLike<number>, atol: number, rtol = 0): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i] ?? Number.NaN, want[i] ?? Number.NaN];
    const excess = Math.abs(a - b) - atol - rtol * Math.abs(b);
    if (!(excess <= worst)) worst = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess;
  }
  return worst;
}
