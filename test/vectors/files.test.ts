/** Files of word vectors beside gensim's own reading of them, and there and back in every form. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { KeyedVectors, SafetensorsFile } from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';

const fixtures = 'test/fixtures/word-vectors';
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const words = JSON.parse(readFileSync(`${fixtures}/w2v.small.vocab.json`, 'utf8'));

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

function allRows(vectors: KeyedVectors): Float32Array {
  return vectors.rows(Int32Array.from({ length: vectors.size }, (_, i) => i));
}

async function smallRows(): Promise<Float32Array> {
  using file = await SafetensorsFile.open(`${fixtures}/w2v.small.safetensors`);
  return file.tensor('embeddings').toFloat32Array();
}

describe('what gensim wrote', () => {
  test.each(['w2v.small.bin', 'w2v.small.txt'])('%s', async (name) => {
    const vectors = await KeyedVectors.load(`${fixtures}/${name}`);
    expect(vectors.words()).toEqual(words);
    expect(vectors.report).toEqual({ declared: 303, duplicates: 0, duplicate: undefined });
    // The text holds every float to the bit: shortest decimals, read with one rounding to double and one to float.
    expect(allRows(vectors)).toEqual(await smallRows());
  });

  test('high precision', async () => {
    const text = await KeyedVectors.load(`${fixtures}/w2v.high-precision.txt`);
    const binary = await KeyedVectors.load(`${fixtures}/w2v.high-precision.bin`);
    expect(text.words()).toEqual(binary.words());
    for (const [i, x] of allRows(text).entries()) expect(x).toBeCloseTo(allRows(binary)[i]!, 6);
  });

  test('GloVe, zipped and not, without a header', async () => {
    const zipped = await KeyedVectors.load(`${fixtures}/glove.2k.100d.txt.gz`);
    const text = gunzipSync(readFileSync(`${fixtures}/glove.2k.100d.txt.gz`));
    const plain = await KeyedVectors.load(write('glove.txt', text));
    expect([plain.size, plain.dim, plain.report.declared]).toEqual([2000, 100, undefined]);
    const lines = text
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    expect(plain.words()).toEqual(lines.map(([word]) => word));
    expect(allRows(plain)).toEqual(Float32Array.from(lines.flatMap((fields) => fields.slice(1).map(Number))));
    expect(allRows(zipped)).toEqual(allRows(plain));
  });
});

describe('options', () => {
  test('limit', async () => {
    for (const name of ['w2v.small.bin', 'w2v.small.txt']) {
      const vectors = await KeyedVectors.load(`${fixtures}/${name}`, { limit: 7 });
      expect(vectors.words()).toEqual(words.slice(0, 7));
      expect(allRows(vectors)).toEqual((await smallRows()).slice(0, 70));
    }
    expect((await KeyedVectors.load(`${fixtures}/w2v.small.txt`, { limit: 1000 })).size).toBe(303);
  });

  test.each([
    ['f16', 2 ** -11],
    ['bf16', 2 ** -8],
    ['i8', 1 / 254],
  ] as const)('dtype %s', async (dtype, unitRoundoff) => {
    const vectors = await KeyedVectors.load(`${fixtures}/w2v.small.txt`, { dtype });
    const expected = await smallRows();
    expect(vectors.dtype).toBe(dtype);
    for (const [i, x] of allRows(vectors).entries()) {
      const row = expected.subarray(i - (i % 10), i - (i % 10) + 10);
      const size = dtype === 'i8' ? Math.max(...row.map(Math.abs)) : Math.abs(expected[i]!);
      expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(size * unitRoundoff * 1.0001 + 1e-7);
    }
    const [same] = vectors.mostSimilar({ positive: [expected.subarray(50, 60)], topn: 1 });
    expect(same![0]).toBe(words[5]);
  });

  test('words that are not UTF-8', async () => {
    const file = write('latin.txt', Buffer.from('2 1\ncaf\xe9 1\nna\xefve 2\n', 'latin1'));
    await expect(KeyedVectors.load(file)).rejects.toThrow(/latin\.txt: line 2: the word is not valid UTF-8; .*latin1/);
    expect((await KeyedVectors.load(file, { encoding: 'latin1' })).words()).toEqual(['café', 'naïve']);
    expect((await KeyedVectors.load(file, { unicodeErrors: 'ignore' })).words()).toEqual(['caf', 'nave']);
    expect((await KeyedVectors.load(file, { unicodeErrors: 'replace' })).words()).toEqual(['caf\ufffd', 'na\ufffdve']);
  });

  test('broken UTF-8 is replaced as the platform replaces it', async () => {
    const odd = [
      'f0 9f 98',
      'e2 82',
      'c3 28',
      'ed a0 80',
      'f4 90 80 80',
      'c0 af',
      'ff fe',
      '61 80 62',
      'e2 28 a1',
      'f0 28 8c bc',
    ];
    const lines = odd.map((hex, i) =>
      Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.from(`${i} 1\n`)]),
    );
    const vectors = await KeyedVectors.load(write('odd.txt', Buffer.concat(lines)), {
      unicodeErrors: 'replace',
      header: false,
    });
    expect(vectors.words()).toEqual(lines.map((line) => new TextDecoder().decode(line).split(' ')[0]));
  });
});

describe('as gensim does', () => {
  test('a word that comes again is left out, and told', async () => {
    for (const content of ['4 2\na 1 2\nb 3 4\na 5 6\nc 7 8\n', 'a 1 2\nb 3 4\na 5 6\nc 7 8\n']) {
      const vectors = await KeyedVectors.load(write('again.txt', content));
      expect(vectors.words()).toEqual(['a', 'b', 'c']);
      expect([...allRows(vectors)]).toEqual([1, 2, 3, 4, 7, 8]);
      expect([vectors.report.duplicates, vectors.report.duplicate]).toEqual([1, 'a']);
    }
  });

  test('spaces at the end, carriage returns, rows after the declared ones', async () => {
    const vectors = await KeyedVectors.load(write('loose.vec', '2 2\r\na 1 2 \r\nb 3e0 +4.0\r\nc 1 1\r\n'));
    expect(vectors.words()).toEqual(['a', 'b']);
    expect([...allRows(vectors)]).toEqual([1, 2, 3, 4]);
  });

  test('newlines between binary rows or none', async () => {
    const row = (word: string, x: number) =>
      Buffer.concat([Buffer.from(`${word} `), new Uint8Array(Float32Array.of(x, -x).buffer)]);
    const newline = Buffer.from('\n');
    const file = write(
      'mixed.bin',
      Buffer.concat([Buffer.from('3 2\n'), row('a', 1), newline, row('b', 2), row('c', 3)]),
    );
    const vectors = await KeyedVectors.load(file);
    expect(vectors.words()).toEqual(['a', 'b', 'c']);
    expect([...allRows(vectors)]).toEqual([1, -1, 2, -2, 3, -3]);
  });
});

test('words with spaces, as the largest GloVe files have', async () => {
  const vectors = await KeyedVectors.load(write('spaces.txt', 'the 1 2\n. . 3 4\nat name@x.org 5 6\n'));
  expect(vectors.words()).toEqual(['the', '. .', 'at name@x.org']);
});

test('numbers are read as JavaScript reads them', async () => {
  const numbers = [
    '0.1',
    '-1e-45',
    '1e-46',
    '3.4028234e38',
    '.5',
    '5.',
    '123456789012345678901234567890e-20',
    '7.0064923216240853546186479164495e-46',
    '0.000000059604644775390625',
    '16777217',
    '1e22',
    '1e23',
    '9007199254740993e-16',
  ];
  const vectors = await KeyedVectors.load(write('numbers.txt', numbers.map((x, i) => `w${i} ${x}\n`).join('')));
  expect(allRows(vectors)).toEqual(Float32Array.from(numbers, Number));
});

test('lines longer than the pieces they come in', async () => {
  const dim = 300_000; // each line about 6 MB
  const row = Array.from({ length: dim }, (_, i) => ((i * 7919) % 1000) / 997 - 0.5);
  const vectors = await KeyedVectors.load(write('long.txt', `1 ${dim}\nword ${row.join(' ')}`));
  expect(vectors.vector('word')).toEqual(Float32Array.from(row));
});

describe('there and back', () => {
  test.each([
    ['a.txt', {}],
    ['a.vec', {}],
    ['a.bin', {}],
    ['a.glove.txt', { format: 'glove' }],
    ['own', { dtype: 'f32' }],
  ] as const)('%s', async (name, options) => {
    const from = await KeyedVectors.load(`${fixtures}/w2v.small.bin`);
    const file = path.join(folder, name);
    await from.save(file, options);
    const back = await KeyedVectors.load(file);
    expect(back.words()).toEqual(words);
    expect(allRows(back)).toEqual(allRows(from));
  });

  test('over the folder or file that they are loaded from', async () => {
    const from = await KeyedVectors.load(`${fixtures}/w2v.small.bin`);
    const rows = allRows(from);
    for (const name of ['over', 'over.txt', 'over.bin']) {
      const file = path.join(folder, name);
      await from.save(file, name === 'over' ? { dtype: 'f32' } : {});
      const loaded = await KeyedVectors.load(file);
      await loaded.save(file, name === 'over' ? { dtype: 'f32' } : {});
      expect(allRows(loaded)).toEqual(rows);
      const again = await KeyedVectors.load(file);
      expect(again.words()).toEqual(words);
      expect(allRows(again)).toEqual(rows);
    }
  });

  test('what cannot be written leaves what was there', async () => {
    const good = KeyedVectors.from(['a'], Float32Array.of(1));
    const bad = KeyedVectors.from(['a', 'b c'], Float32Array.of(2, 3));
    for (const name of ['kept.txt', 'kept.bin']) {
      const file = path.join(folder, name);
      await good.save(file);
      await expect(bad.save(file)).rejects.toThrow('has a space or newline');
      expect(allRows(await KeyedVectors.load(file))).toEqual(Float32Array.of(1));
    }
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([]);
    await expect(good.save('a\0b')).rejects.toThrow('save: the path must be a string');
    await expect(good.save(path.join(folder, 'absent/a.txt'))).rejects.toThrow(/absent\/a\.txt: cannot be written/);
    symlinkSync('kept.txt', path.join(folder, 'link.txt'));
    await good.save(path.join(folder, 'link.txt'));
    expect(readlinkSync(path.join(folder, 'link.txt'))).toBe('kept.txt');
  });

  test('what a killed process left is removed an hour later', async () => {
    const vectors = KeyedVectors.from(['a'], Float32Array.of(1));
    const [file, id] = [path.join(folder, 'left.txt'), '853c0000-0000-4000-8000-000000000000'];
    const [old, fresh, other] = [`${file}.${id}.part`, `${file}.${id.replace('8', '9')}.part`, `${file}.mine.part`];
    for (const name of [old, fresh, other]) writeFileSync(name, 'half');
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const name of [old, other]) utimesSync(name, longAgo, longAgo);
    await vectors.save(file);
    expect([old, fresh, other].map((name) => existsSync(name))).toEqual([false, true, true]);
    for (const name of [fresh, other]) rmSync(name);
  });

  test('what a form cannot hold is refused', async () => {
    const vectors = KeyedVectors.from(['a b'], Float32Array.of(1));
    await expect(vectors.save(path.join(folder, 'x.txt'))).rejects.toThrow('use the format vectral');
    await expect(vectors.save(path.join(folder, 'x.npy'))).rejects.toThrow('give format');
    await expect(vectors.save(path.join(folder, 'x.gz'), { format: 'glove' })).rejects.toThrow('are written unpacked');
    await vectors.save(path.join(folder, 'spaced'));
    expect((await KeyedVectors.load(path.join(folder, 'spaced'))).words()).toEqual(['a b']);
  });
});

test('loading can be ended', async () => {
  const reason = new Error('enough');
  await expect(KeyedVectors.load(`${fixtures}/w2v.small.txt`, { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

test('a zipped file with a wrong ending is told from its bytes', async () => {
  const vectors = await KeyedVectors.load(write('really.bin', gzipSync(readFileSync(`${fixtures}/w2v.small.bin`))));
  expect(vectors.words()).toEqual(words);
});
