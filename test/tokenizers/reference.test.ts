/** Ids, types, offsets, truncation and decoding against the Rust `tokenizers` library, version 0.23 (fixtures and golden files). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Encoding } from '../../src/tokenizers/encoding.js';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import type { TruncationStrategy } from '../../src/tokenizers/truncate.js';

const root = join(import.meta.dirname, '..');
const model = join(root, '../models/all-MiniLM-L6-v2');

interface Expected {
  ids: number[];
  type_ids: number[];
  special: number[];
  /** In code points, of each text by itself. */
  offsets: [number, number][];
}

interface Case extends Expected {
  text: string;
  pair?: string;
  tokens?: string[];
  ids_no_special?: number[];
  decoded?: string;
}

interface Limit {
  text: string;
  pair?: string;
  max_length: number;
  stride: number;
  strategy: TruncationStrategy;
  direction: 'left' | 'right';
  main?: Expected;
  overflow?: Expected[];
  error?: string;
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function lines<T>(path: string): T[] {
  const text = gunzipSync(readFileSync(path)).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe('all-MiniLM-L6-v2', async () => {
  const tokenizer = await Tokenizer.load(model);
  const rows = json<{ text: string; ids: number[]; untruncated_length: number }[]>(
    join(root, 'golden/all-MiniLM-L6-v2/texts.json'),
  );
  it.each(rows.map((row, i) => [i, row] as const))('text %i', (_, row) => {
    const cut = tokenizer.encode(row.text, { truncation: true, maxLength: 256 });
    expect([...cut.ids]).toEqual(row.ids);
    expect(cut.truncated).toBe(row.untruncated_length - row.ids.length);
    expect(tokenizer.sequence(row.text, 256)).toEqual({ ids: row.ids, typeIds: undefined, truncated: cut.truncated });
    expect(tokenizer.encode(row.text).ids).toHaveLength(row.untruncated_length);
  });

  it('agrees on random text of every script, assigned or not', () => {
    const random = lines<{ text: string; ids: number[] }>(join(root, 'tokenizers/golden/random-unicode.jsonl.gz'));
    expect(random.length).toBeGreaterThanOrEqual(2000);
    for (const row of random) expect([row.text, ...tokenizer.encode(row.text).ids]).toEqual([row.text, ...row.ids]);
  });
});

/** Where every code point of a text begins, in UTF-16 units; one entry more for its end. */
function unitsOf(text: string): number[] {
  const units = [0];
  for (const character of text) units.push(units.at(-1)! + character.length);
  return units;
}

/** An encoding in the words of the fixture. */
function plain(got: Encoding): Expected {
  return {
    ids: [...got.ids],
    type_ids: [...got.typeIds],
    special: [...got.specialTokensMask],
    offsets: got.offsets,
  };
}

/** What the fixture expects, in UTF-16 units. */
function inUnits(row: { text: string; pair?: string }, expected: Expected, sides: (0 | 1 | null)[]): Expected {
  const units = [unitsOf(row.text), unitsOf(row.pair ?? '')];
  const { ids, type_ids, special } = expected;
  const offsets = expected.offsets.map(([start, end], i): [number, number] => {
    const side = units[sides[i] ?? 0]!;
    return [side[start]!, side[end]!];
  });
  return { ids, type_ids, special, offsets };
}

describe.each([
  ['bert-uncased', 'WordPiece'],
  ['bert-cased', 'WordPiece'],
  ['bert-chinese', 'WordPiece'],
  ['roberta', 'BPE'],
  ['t5', 'Unigram'],
  ['albert', 'Unigram'],
  ['xlmr', 'Unigram'],
])('%s', (name, kind) => {
  const folder = join(root, 'fixtures/tokenizers', name);
  const file = JSON.parse(gunzipSync(readFileSync(join(folder, 'tokenizer.json.gz'))).toString('utf8'));
  const tokenizer = Tokenizer.fromJson(file);
  const fromLeft = Tokenizer.fromJson(file, { truncation_side: 'left' });
  const cases = lines<Case>(join(folder, 'cases.jsonl.gz'));
  const limits = lines<Limit>(join(folder, 'limits.jsonl.gz'));

  it('has all rows', () => expect([tokenizer.kind, cases.length, limits.length]).toEqual([kind, 405, 60]));

  it.each(cases.map((row, i) => [i, row] as const))('case %i', (_, row) => {
    const got = tokenizer.encode(row.text, { pair: row.pair });
    expect(plain(got)).toEqual(inUnits(row, row, got.sequenceIds));
    expect(got.truncated).toBe(0);
    expect(got.overflowing).toEqual([]);
    if (row.tokens !== undefined) expect(got.tokens).toEqual(row.tokens);
    if (row.ids_no_special !== undefined) {
      expect([...tokenizer.encode(row.text, { addSpecialTokens: false }).ids]).toEqual(row.ids_no_special);
    }
    if (row.decoded !== undefined) expect(tokenizer.decode(got.ids)).toBe(row.decoded);
  });

  it.each(limits.map((row, i) => [i, row] as const))('limit %i', (_, row) => {
    const encode = () =>
      (row.direction === 'left' ? fromLeft : tokenizer).encode(row.text, {
        pair: row.pair,
        truncation: row.strategy,
        maxLength: row.max_length,
        stride: row.stride,
      });
    if (row.main === undefined) {
      expect(encode).toThrow(row.error?.includes('stride') ? /stride must be smaller/ : /truncation "only_/);
      return;
    }
    const got = encode();
    expect(plain(got)).toEqual(inUnits(row, row.main, got.sequenceIds));
    expect(got.overflowing.map(plain)).toEqual(
      row.overflow!.map((part, i) => inUnits(row, part, got.overflowing[i]?.sequenceIds ?? [])),
    );
    const whole = tokenizer.encode(row.text, { pair: row.pair }).ids.length;
    expect(got.truncated).toBe(whole - row.main.ids.length);
  });
});

const checkpoints = readdirSync(join(root, 'fixtures/transformers'))
  .filter((name) => name.startsWith('st-'))
  .map((name) => [name, join(root, 'fixtures/transformers', name)] as const);

it('has sentence-transformers checkpoints of every kind of tokenizer', () => {
  expect(checkpoints.length).toBeGreaterThanOrEqual(13);
});

describe.each(checkpoints)('%s', async (_, folder) => {
  const tokenizer = await Tokenizer.load(folder);
  const expected = json<{
    texts: string[];
    max_seq_length: number;
    runs: { key: string; resolved_prompt: string | null; token_ids: number[][] }[];
  }>(join(folder, 'expected.json'));
  it.each(expected.runs)('$key', (run) => {
    for (const [i, text] of expected.texts.entries()) {
      const options = { truncation: true, maxLength: expected.max_seq_length };
      const got = tokenizer.encode((run.resolved_prompt ?? '') + text, options);
      expect([text, ...got.ids]).toEqual([text, ...run.token_ids[i]!]);
    }
  });
});
