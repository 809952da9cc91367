/** Every output format, read back by independent means. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWriter, type Format, formats } from '../../src/cli/formats.js';
import { openSink, type Sink } from '../../src/cli/output.js';
import { shortest } from '../../src/shortest.js';

const batches = [
  [
    [0.1, -1, 1e-20],
    [3.4028234663852886e38, 0, 1 / 3],
  ],
  [[-0.0625, 123456.789, 1e-45]],
].map((rows) => rows.map((row) => Float32Array.from(row)));
const all = batches.flat();

function pipe(): Sink & { bytes(): Buffer } {
  const parts: Buffer[] = [];
  return {
    write: async (data) => void parts.push(Buffer.from(data)),
    close: async () => {},
    bytes: () => Buffer.concat(parts),
  };
}

async function write(format: Format, sink: Sink, parts = batches): Promise<void> {
  const writer = createWriter(format, sink, 3);
  for (const rows of parts) {
    const data = Float32Array.from(rows.flatMap((row) => [...row]));
    await writer.write({ length: rows.length, data, row: (i) => data.subarray(i * 3, i * 3 + 3) });
  }
  await writer.end();
}

async function written(format: Format, parts = batches): Promise<Buffer> {
  const sink = pipe();
  await write(format, sink, parts);
  return sink.bytes();
}

const float32 = (rows: number[][]) => rows.map((row) => Float32Array.from(row));

describe('formats', () => {
  it('jsonl: a list a line, the same float32 numbers', async () => {
    const lines = (await written('jsonl')).toString().trimEnd().split('\n');
    expect(float32(lines.map((line) => JSON.parse(line)))).toEqual(all);
  });

  it('json: a list of lists', async () => {
    expect(float32(JSON.parse((await written('json')).toString()))).toEqual(all);
  });

  it('csv: a row a line, no header', async () => {
    const lines = (await written('csv')).toString().trimEnd().split('\n');
    expect(float32(lines.map((line) => line.split(',').map(Number)))).toEqual(all);
  });

  it('f32: raw little-endian rows', async () => {
    const bytes = await written('f32');
    expect(bytes).toHaveLength(36);
    const values = Array.from({ length: 9 }, (_, i) => bytes.readFloatLE(i * 4));
    expect(values).toEqual(all.flatMap((row) => [...row]));
  });

  it('npy: a header of 128 bytes as NumPy writes it, then the rows', async () => {
    const bytes = await written('npy');
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from('NUMPY'), 1, 0]);
    expect(bytes.readUInt16LE(8)).toBe(118);
    const dictionary = bytes.subarray(10, 128).toString('latin1');
    expect(dictionary.trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }");
    expect(dictionary.endsWith('\n')).toBe(true);
    expect(bytes.subarray(128)).toEqual(await written('f32'));
  });

  it('nothing at all', async () => {
    expect(JSON.parse((await written('json', [])).toString())).toEqual([]);
    for (const format of ['jsonl', 'csv', 'f32'] as const) expect(await written(format, [])).toHaveLength(0);
    expect((await written('npy', [])).toString('latin1')).toContain("'shape': (0, 3)");
  });
});

describe('a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vectral-formats-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(formats)('gets the same bytes as a pipe: %s', async (format) => {
    const path = join(folder, format);
    const sink = await openSink(path);
    await write(format, sink);
    await sink.close();
    expect(readFileSync(path)).toEqual(await written(format));
  });

  it('that cannot be written is named', async () => {
    await expect(openSink(join(folder, 'none', 'x'))).rejects.toThrow(/cannot write .*none\/x/);
  });
});

it('numbers are short and give the same float32 back', () => {
  expect(shortest(Math.fround(0.1))).toBe('0.1');
  expect(shortest(1)).toBe('1');
  expect(shortest(Number.NaN)).toBe('null');
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let i = 0; i < 200_000; i++) {
    bits[0] = (Math.imul(i, 2654435761) ^ (i << 7)) >>> 0;
    if (Number.isFinite(value[0]))
      expect(Object.is(Math.fround(Number(shortest(value[0]!))), value[0]! + 0)).toBe(true);
  }
});
