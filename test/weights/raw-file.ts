/** safetensors bytes read and written by hand, apart from the code under test, and model folders made of them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export type RawTensors = Readonly<Record<string, RawTensor>>;

/** The sound tiny model that the hostile cases break. */
export const validFolder = join(import.meta.dirname, '../hostile/valid');

/** A file with this header text. */
export function rawFile(header: string, data: Uint8Array = new Uint8Array(0)): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, data]);
}

/** A file of tensors one after another, the header padded by `spaces`. */
export function fileOf(
  tensors: RawTensors,
  options: { spaces?: number; metadata?: Record<string, string> } = {},
): Buffer {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const first = options.metadata ? [['__metadata__', options.metadata] as const] : [];
  const text = JSON.stringify(Object.fromEntries([...first, ...entries])) + ' '.repeat(options.spaces ?? 0);
  return rawFile(text, Buffer.concat(Object.values(tensors).map(({ bytes }) => bytes)));
}

/** All tensors of a file. */
export function tensorsOf(path: string): RawTensors {
  const file = readFileSync(path);
  const begin = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, begin)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        return [name, { dtype, shape, bytes: new Uint8Array(file.subarray(begin + from, begin + to)) }];
      },
    ),
  );
}

/** Bytes of a typed array. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vectral-weights-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of `source` (the tiny model) with other weights: one file, or several by name. */
export function modelWith(
  target: string,
  weights: RawTensors | Readonly<Record<string, Buffer | string>>,
  source: string = validFolder,
): string {
  cpSync(source, target, { recursive: true });
  const files = Object.values(weights).every((value) => typeof value === 'string' || Buffer.isBuffer(value));
  if (files) rmSync(join(target, 'model.safetensors'));
  const written = files
    ? (weights as Readonly<Record<string, Buffer | string>>)
    : { 'model.safetensors': fileOf(weights as RawTensors) };
  for (const [name, content] of Object.entries(written)) writeFileSync(join(target, name), content);
  return target;
}
