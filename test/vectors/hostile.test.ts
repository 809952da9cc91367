/** Files of vectors that lie or are damaged: one clear sentence each, and no more memory than the file is worth. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { KeyedVectors, Tensor, UsageError, type VectorFileOptions, WeightsError, writeSafetensors } from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'vectral-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const binary = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const many = 'x'.repeat((1 << 20) + 1);
const small = readFileSync('test/fixtures/word-vectors/w2v.small.bin');

// [what is wrong, name, content, what the message says, options]
const cases: [string, string, string | Buffer, RegExp, VectorFileOptions?][] = [
  ['no byte', 'a.txt', '', /is empty/],
  ['no byte, binary', 'a.bin', '', /is empty/],
  ['a newline alone', 'a.txt', '\n', /line 1 is neither/],
  ['prose', 'a.txt', 'It was a bright cold day in April.\n', /line 1 is neither/],
  ['no header where one is said to be', 'a.txt', 'the 1 2\n', /does not begin with the line/, { header: true }],
  ['a word without numbers', 'a.txt', 'the\n', /line 1 is neither/],
  ['text as binary', 'a.bin', 'the 0.1 0.2\nof 0.3 0.4\n', /does not begin with the line/],
  ['an endless first line, binary', 'a.bin', many, /does not begin with the line/],
  ['a negative number of words', 'a.bin', '-3 2\n', /the header says -3 words/],
  ['a negative number of words, text', 'a.txt', '-3 2\n', /the header says -3 words/],
  ['more words than can be', 'a.bin', '99999999999999999999 2\n', /the header says \d+ words/],
  ['no dimensions', 'a.bin', '3 0\n', /the header says 0 dimensions/],
  ['negative dimensions', 'a.txt', '3 -2\n', /the header says -2 dimensions/],
  ['more dimensions than can be', 'a.bin', '1 99999999999\n', /the header says 99999999999 dimensions/],
  [
    'a header for terabytes',
    'a.bin',
    binary('2000000000 1000\n', 'a ', floats(1, 2)),
    /more than its 26 bytes can hold/,
  ],
  ['a header for terabytes, text', 'a.txt', '2000000000 1000\na 1 2\n', /more than its 22 bytes can hold/],
  [
    'a header for terabytes, zipped',
    'a.bin.gz',
    gzipSync(binary('2000000000 1000\n', 'a ', floats(1, 2))),
    /ends within word 1/,
  ],
  [
    'a header for terabytes, limited',
    'a.bin',
    binary('2000000000 1000\n', 'a ', floats(1, 2)),
    /ends within word 1/,
    { limit: 5 },
  ],
  ['one word too few', 'a.bin', binary('2 2\n', 'a ', floats(1, 2)), /ends within word 2 of the 2|more than its/],
  ['one word too few, text', 'a.txt', '3 2\na 1 2\nb 3 4\n', /the header says 3 words, the file has 2/],
  ['the last row cut', 'a.bin', small.subarray(0, -3), /ends within word 303 of the 303/],
  ['cut within a word', 'a.bin', small.subarray(0, -44), /ends within word 303/],
  ['cut within the header', 'a.bin', small.subarray(0, 2), /does not begin with the line/],
  [
    'another number of dimensions than it says',
    'a.bin',
    binary('303 11', small.subarray(small.indexOf(10))),
    /ends within word|UTF-8|finite|more than/,
  ],
  ['a word of a MiB', 'a.bin', binary('1 2\n', many, ' ', floats(1, 2)), /word 1 is longer than a MiB/],
  ['a word of a MiB, text', 'a.txt', `a 1 2\n${many} 1 2\n`, /line 2 has a word of more than a MiB/],
  ['NaN', 'a.bin', binary('1 2\n', 'a ', floats(1, Number.NaN)), /word 1 has a value that is not a finite number/],
  [
    'infinity',
    'a.bin',
    binary('2 1\n', 'a ', floats(1), '\nb ', floats(Number.NEGATIVE_INFINITY)),
    /word 2 has a value/,
  ],
  ['NaN, text', 'a.txt', 'a 1 2\nb nan 1\n', /line 2 has a value that is not a finite number/],
  ['larger than a float', 'a.txt', 'a 1 2\nb 1e39 1\n', /line 2 has a value that is not a finite number/],
  ['a word for a number', 'a.txt', '2 2\na 1 2\nb 1 two\n', /line 3: "two" is not a number/],
  ['a number with a tail', 'a.txt', 'a 1 2\nb 1 2x\n', /line 2: "2x" is not a number/],
  ['a hexadecimal number', 'a.txt', 'a 1 2\nb 1 0x10\n', /line 2: "0x10" is not a number/],
  ['one number too few', 'a.txt', 'a 1 2\nb 1\n', /line 2 has 1 numbers instead of 2/],
  ['one number too many', 'a.txt', 'a 1 2\nb 1 2 3\n', /line 2 has 3 numbers instead of 2/],
  ['a line without anything', 'a.txt', 'a 1 2\n\nb 1 2\n', /line 2 has 0 numbers instead of 2/],
  ['invalid UTF-8', 'a.txt', Buffer.from('a 1\nb\xff 2\n', 'latin1'), /line 2: the word is not valid UTF-8/],
  [
    'invalid UTF-8, binary',
    'a.bin',
    binary('1 1\n', Buffer.from([0xc3]), ' ', floats(1)),
    /word 1: the word is not valid UTF-8/,
  ],
  ['a NUL for a number', 'a.txt', 'a 1 2\nb 1 \0\n', /line 2: .* is not a number/],
  ['a zipped file cut short', 'a.txt.gz', gzipSync('a 1 2\n'.repeat(1000)).subarray(0, 40), /cannot be unzipped/],
  [
    'a zipped file with noise in it',
    'a.txt.gz',
    binary(gzipSync('a 1 2\n').subarray(0, 12), 'noise'),
    /cannot be unzipped/,
  ],
  ['a fastText model that is cut short', 'a.bin', Buffer.from(Int32Array.of(793712314, 12).buffer), /a.bin: /],
];

test('there are as many as promised', () => expect(cases.length).toBeGreaterThanOrEqual(30));

describe.each(cases)('%s', (what, name, content, message, options = {}) => {
  test(`${name} is refused with its name`, async () => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const before = process.memoryUsage().rss;
    const error = await KeyedVectors.load(file, options).then(
      () => expect.fail(`${what}: was read`),
      (cause: unknown) => cause as Error,
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain(`${file}: `);
    expect(error.message).toMatch(message);
    // Far from what the headers promise; the collector of this process has its own swings.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });
});

describe('folders of the own form', () => {
  async function own(name: string, words: string | undefined, shape: number[], tensor = 'embeddings'): Promise<string> {
    const where = path.join(folder, name);
    mkdirSync(where);
    if (words !== undefined) writeFileSync(path.join(where, 'vocab.txt'), words);
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    await writeSafetensors(path.join(where, 'vectors.safetensors'), { [tensor]: Tensor.from(values, { shape }) });
    return where;
  }

  test.each([
    ['no words', undefined, [2, 3], 'embeddings', /vocab\.txt: cannot be read \(ENOENT\)/],
    ['a word too few', 'a\n', [2, 3], 'embeddings', /vocab\.txt: has 1 words, the matrix beside it 2 rows/],
    ['a word too many', 'a\nb\nc', [2, 3], 'embeddings', /vocab\.txt: has 3 words/],
    ['a word twice', 'a\na\n', [2, 3], 'embeddings', /vocab\.txt: word 2 is there twice/],
    [
      'three axes',
      'a\nb\n',
      [2, 3, 1],
      'embeddings',
      /vectors\.safetensors: tensor "embeddings" must be \[words, dim\]/,
    ],
    ['no columns', 'a\nb\n', [2, 0], 'embeddings', /vectors\.safetensors: tensor "embeddings" must be/],
    ['another tensor', 'a\nb\n', [2, 3], 'weights', /vectors\.safetensors: no tensor "embeddings"/],
  ] as const)('%s', async (name, words, shape, tensor, message) => {
    await expect(own(name, words, [...shape], tensor).then((where) => KeyedVectors.load(where))).rejects.toThrow(
      message,
    );
  });
});

test.each([
  [{ limit: 0 }, /limit must be a whole number from 1/],
  [{ dtype: 'int8' }, /dtype must be f32 or f16 or bf16 or i8/],
  [{ encoding: 'utf-16' }, /encoding must be/],
  [{ unicodeErrors: 'skip' }, /unicodeErrors must be/],
  [{ unicode_errors: 'ignore' }, /did you mean unicodeErrors/],
])('options %j', async (options, message) => {
  const loading = KeyedVectors.load('test/fixtures/word-vectors/w2v.small.txt', options as VectorFileOptions);
  await expect(loading).rejects.toThrow(message);
  await expect(loading).rejects.toBeInstanceOf(UsageError);
});
