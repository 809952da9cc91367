/** fastText files that lie: one clear error each, that names file and field. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FastText, WeightsError } from '../../src/index.js';

const folder = path.join(import.meta.dirname, '../fixtures/word-vectors');
const temporary = mkdtempSync(path.join(tmpdir(), 'vectral-fasttext-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const at = {
  dim: 8,
  wordNgrams: 28,
  loss: 32,
  model: 36,
  bucket: 40,
  maxn: 48,
  size: 64,
  nwords: 68,
  ntokens: 76,
  pruned: 84,
  entries: 92,
};
const written = (file: Buffer, write: () => void) => {
  write();
  return file;
};
const int = (offset: number, value: number) => (file: Buffer) => written(file, () => file.writeInt32LE(value, offset));
const long = (offset: number, value: bigint) => (file: Buffer) =>
  written(file, () => file.writeBigInt64LE(value, offset));

/** Where the matrices of a file begin: after the words and the pruned rows. */
function input(file: Buffer): number {
  let offset = at.entries;
  for (let i = 0; i < file.readInt32LE(at.size); ++i) offset = file.indexOf(0, offset) + 10;
  return offset + 8 * Math.max(0, Number(file.readBigInt64LE(at.pruned)));
}
/** Where the output matrix of a dense file begins, and with which field. */
const output = (file: Buffer) =>
  input(file) + 1 + 16 + Number(file.readBigInt64LE(input(file) + 1)) * file.readInt32LE(at.dim) * 4;
const within = (edit: (file: Buffer) => (file: Buffer) => Buffer) => (file: Buffer) => edit(file)(file);
/** Product quantiser of a quantised input matrix: after qnorm, rows, columns, codesize and codes. */
const quantizer = (file: Buffer) => input(file) + 2 + 16 + 4 + file.readInt32LE(input(file) + 18);

type Lie = [what: string, file: string, edit: (file: Buffer) => Buffer, says: RegExp];
const bin = 'ft.sup-hs.bin';
const ftz = 'ft.sup-ova.ftz';
const lies: Lie[] = [
  ['is empty', bin, () => Buffer.alloc(0), /magic number ends after the file/],
  ['begins with another magic number', bin, int(0, -793712314), /is no fastText model/],
  ['is of a version to come', bin, int(4, 13), /version is 13/],
  ['is of version 0', bin, int(4, 0), /version is 0/],
  ['ends in its settings', bin, (file) => file.subarray(0, 30), /ends after the file/],
  ['has no dimension', bin, int(at.dim, 0), /dim is 0/],
  ['has a huge dimension', bin, int(at.dim, 0x7fffffff), /dim is 2147483647/],
  ['has another dimension than its matrices', bin, int(at.dim, 13), /input matrix has 12 columns; dim is 13/],
  ['has a loss that does not exist', bin, int(at.loss, 5), /loss is 5/],
  ['is a model that does not exist', bin, int(at.model, 0), /model is 0/],
  ['has less than no buckets', bin, int(at.bucket, -1), /bucket is -1/],
  [
    'hashes into buckets that it has not',
    bin,
    (file) => int(at.bucket, 1 << 30)(int(at.maxn, 3)(file)),
    /its words and buckets need/,
  ],
  ['has a negative maxn', bin, int(at.maxn, -1), /maxn is -1/],
  ['has less than no words', bin, int(at.nwords, -1), /nwords is -1/],
  ['has words that do not add up', bin, int(at.nwords, 3), /do not add up/],
  [
    'says more entries than fit',
    bin,
    (file) => int(at.size, 0x7ffffff0)(int(at.nwords, 0x7ffffff0 - 5)(file)),
    /2147483632 entries, more than the file can hold/,
  ],
  ['has less than no tokens', bin, long(at.ntokens, -1n), /ntokens is -1/],
  ['has a negative number of pruned rows', bin, long(at.pruned, -2n), /pruneidx_size is -2/],
  ['prunes a dense matrix', bin, long(at.pruned, 0n), /pruned though the input is not quantised/],
  ['says more pruned rows than fit', ftz, long(at.pruned, 0x7fffffffn), /pruneidx_size is 2147483647, more than/],
  [
    'keeps a row after the last',
    ftz,
    within((file) => int(input(file) - 4, 1 << 20)),
    /index of a pruned row is 1048576/,
  ],
  ['keeps a row before the first', ftz, within((file) => int(input(file) - 4, -1)), /index of a pruned row is -1/],
  [
    'keeps a bucket that does not exist',
    ftz,
    within((file) => int(input(file) - 8, 1500)),
    /bucket of a pruned row is 1500/,
  ],
  ['ends in a word', bin, (file) => file.subarray(0, at.entries + 2), /has no NUL|more than the file can hold/],
  ['has a word without end', bin, (file) => file.fill(1, at.entries), /entry 0 of the dictionary has no NUL/],
  [
    'has one word twice',
    bin,
    within((file) => {
      const second = file.indexOf(0, at.entries) + 10;
      return (bytes) =>
        Buffer.concat([
          bytes.subarray(0, second),
          bytes.subarray(at.entries, second),
          bytes.subarray(file.indexOf(0, second) + 10),
        ]);
    }),
    /entry 1 of the dictionary repeats/,
  ],
  [
    'has a label among the words',
    bin,
    (bytes) => written(bytes, () => bytes.writeInt8(1, bytes.indexOf(0, at.entries) + 9)),
    /out of order/,
  ],
  ['has a negative count', bin, within((file) => long(file.indexOf(0, at.entries) + 1, -5n)), /count of a word is -5/],
  [
    'has counts that no Huffman tree can hold',
    bin,
    within((file) => long(file.indexOf(0, at.entries) + 1, 1n << 62n)),
    /count of a word is 4611686018427387904/,
  ],
  [
    'is neither quantised nor not',
    bin,
    within((file) => (bytes) => written(bytes, () => bytes.writeUInt8(7, input(file)))),
    /flag of a quantised input is/,
  ],
  ['has an input of less than no rows', bin, within((file) => long(input(file) + 1, -1n)), /rows of a matrix is -1/],
  [
    'has an input of 2^62 rows',
    bin,
    within((file) => long(input(file) + 1, 1n << 62n)),
    /4611686018427387904 rows, more than the file holds/,
  ],
  [
    'has fewer rows than words',
    bin,
    within((file) => (bytes) => {
      const rows = bytes.readBigInt64LE(input(file) + 1);
      bytes.writeBigInt64LE(rows - 1n, input(file) + 1);
      const end = output(file);
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(end + 48)]);
    }),
    /input matrix has \d+ rows; its words and buckets need/,
  ],
  [
    'has an output of 2^40 rows',
    bin,
    within((file) => long(output(file) + 1, 1n << 40n)),
    /output matrix says 1099511627776 rows/,
  ],
  [
    'has an output of too few rows',
    bin,
    within((file) => (bytes) => {
      bytes.writeBigInt64LE(bytes.readBigInt64LE(output(file) + 1) - 1n, output(file) + 1);
      return bytes.subarray(0, -48);
    }),
    /output matrix has 4 rows; it needs 5/,
  ],
  [
    'is not finite in its output',
    bin,
    (file) => written(file, () => file.writeFloatLE(Number.NaN, file.length - 4)),
    /output matrix holds a value that is not finite in row 4/,
  ],
  ['has pieces of no number', ftz, within((file) => int(quantizer(file) + 8, 0)), /pieces that do not make up its dim/],
  ['has too many pieces', ftz, within((file) => int(quantizer(file) + 4, 5)), /pieces that do not make up its dim/],
  [
    'has a last piece that is wider',
    ftz,
    within((file) => int(quantizer(file) + 12, 1 << 30)),
    /pieces that do not make up its dim/,
  ],
  [
    'has a quantiser of another dimension',
    ftz,
    within((file) => int(quantizer(file), 8)),
    /pieces that do not make up its dim/,
  ],
  [
    'has a centroid that is not finite',
    ftz,
    within(
      (file) => (bytes) => written(bytes, () => bytes.writeFloatLE(Number.POSITIVE_INFINITY, quantizer(file) + 16)),
    ),
    /a centroid of input is not finite/,
  ],
  [
    'has fewer codes than rows',
    ftz,
    within((file) => long(input(file) + 2, 1n << 20n)),
    /codesize of the input matrix does not fit its rows/,
  ],
  [
    'has codes that end after the file',
    ftz,
    within((file) => int(input(file) + 18, 0x7fffffff)),
    /codes of a quantised matrix ends after the file/,
  ],
  [
    'is cut in its output',
    bin,
    (file) => file.subarray(0, -1),
    /output matrix says \d+ rows, more than the file holds/,
  ],
  [
    'goes on after its output',
    bin,
    (file) => Buffer.concat([file, Buffer.alloc(3)]),
    /has 3 bytes after the output matrix/,
  ],
];

async function problem(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

describe('a fastText file that', () => {
  it.each(lies)('%s is refused', async (what, file, edit, says) => {
    const name = path.join(temporary, `${what.replaceAll(' ', '-')}${path.extname(file)}`);
    writeFileSync(name, edit(readFileSync(path.join(folder, file))));
    const error = await problem(FastText.load(name));
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).toContain(name);
  });

  it('is not finite in its input says so where the row is used', async () => {
    const bytes = readFileSync(path.join(folder, bin));
    bytes.writeFloatLE(Number.NaN, input(bytes) + 17);
    const name = path.join(temporary, 'nan.bin');
    writeFileSync(name, bytes);
    using model = await FastText.load(name);
    const word = model.words[0] as string;
    expect(() => model.vector(word)).toThrow(/nan\.bin: the input matrix holds a value that is not finite/);
    expect(() => model.vector(word)).toThrow(WeightsError);
    expect(model.vector(model.words[1] as string).every(Number.isFinite)).toBe(true);
    await expect(model.nearest('card')).rejects.toThrow(WeightsError);
  });

  it('was cut anywhere is refused', async () => {
    for (const file of [bin, ftz, 'ft.lee_fasttext.bin']) {
      const bytes = readFileSync(path.join(folder, file));
      const name = path.join(temporary, `cut${path.extname(file)}`);
      for (let length = 0; length < bytes.length; length += Math.max(1, Math.floor(length / 9))) {
        writeFileSync(name, bytes.subarray(0, length));
        expect(await problem(FastText.load(name)), `${file} of ${length} bytes`).toBeInstanceOf(WeightsError);
      }
    }
  });
});
