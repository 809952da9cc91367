/** Ids, type ids and special marks against the Rust `tokenizers` library, version 0.23 (fixtures and golden files). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import type { TruncationStrategy } from '../../src/tokenizers/truncate.js';

const root = join(import.meta.dirname, '..');
const model = join(root, '../models/all-MiniLM-L6-v2');

interface Expected {
  ids: number[];
  type_ids: number[];
  special: number[];
}

interface Case extends Expected {
  text: string;
  pair?: string;
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
    const plain = tokenizer.sequence(row.text, 256);
    expect(plain).toEqual({ ids: row.ids, typeIds: undefined, truncated: cut.truncated });
    expect(tokenizer.encode(row.text).ids).toHaveLength(row.untruncated_length);
  });

  it('agrees on random text of every script, assigned or not', () => {
    const random = lines<{ text: string; ids: number[] }>(join(root, 'tokenizers/golden/random-unicode.jsonl.gz'));
    expect(random.length).toBeGreaterThanOrEqual(2000);
    for (const row of random) expect([row.text, ...tokenizer.encode(row.text).ids]).toEqual([row.text, ...row.ids]);
  });
});

describe.each(['bert-uncased', 'bert-cased', 'bert-chinese'])('%s', async (name) => {
  const folder = [join(root, 'fixtures/tokenizers', name), join(root, 'tokenizers/fixtures', name)].find(existsSync)!;
  const file = readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  const tokenizer = Tokenizer.fromJson(JSON.parse(file));
  const fromLeft = Tokenizer.fromJson(JSON.parse(file), { truncation_side: 'left' });

  const cases = lines<Case>(join(folder, 'cases.jsonl.gz'));
  it('has all 405 cases', () => expect(cases).toHaveLength(405));
  it.each(cases.map((row, i) => [i, row] as const))('case %i', (_, row) => {
    const got = tokenizer.encode(row.text, { pair: row.pair });
    expect([...got.ids]).toEqual(row.ids);
    expect([...got.typeIds]).toEqual(row.type_ids);
    expect([...got.specialTokensMask]).toEqual(row.special);
    expect(got.truncated).toBe(0);
    if (row.ids_no_special !== undefined) {
      expect([...tokenizer.encode(row.text, { addSpecialTokens: false }).ids]).toEqual(row.ids_no_special);
    }
    if (row.decoded !== undefined) expect(tokenizer.decode(got.ids)).toBe(row.decoded);
  });

  // The main part does not depend on the stride between overflowing parts; rows that only refuse a stride say nothing here.
  const limits = lines<Limit>(join(folder, 'limits.jsonl.gz')).filter((row) => !row.error?.includes('stride'));
  it.each(limits.map((row, i) => [i, row] as const))('limit %i', (_, row) => {
    const encode = () =>
      (row.direction === 'left' ? fromLeft : tokenizer).encode(row.text, {
        pair: row.pair,
        truncation: row.strategy,
        maxLength: row.max_length,
      });
    if (row.main === undefined) {
      expect(encode).toThrow(/truncation "only_/);
      return;
    }
    const got = encode();
    expect([...got.ids]).toEqual(row.main.ids);
    expect([...got.typeIds]).toEqual(row.main.type_ids);
    expect([...got.specialTokensMask]).toEqual(row.main.special);
    const whole = tokenizer.encode(row.text, { pair: row.pair }).ids.length;
    expect(got.truncated).toBe(whole - row.main.ids.length);
  });
});

const checkpoints = [join(root, 'fixtures/transformers'), join(root, 'tokenizers/fixtures')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('st-'))
    .map((name) => [name, join(folder, name)] as const),
);

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
