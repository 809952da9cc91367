/**
 * 400 tokenizers of random parts (normalizers, pre-tokenizers, models, added tokens, post-processors, decoders) on odd texts,
 * against the Rust `tokenizers` library (golden/make_parts.py): ids, offsets, tokens, words and decoded text.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';

interface Row {
  text: string;
  ids: number[];
  /** In code points. */
  offsets: [number, number][];
  tokens: string[];
  words: (number | null)[];
  decoded: string;
}

const golden = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, 'golden/parts.json.gz'))).toString('utf8'),
) as {
  models: Record<string, object>;
  cases: { json: { model: string } & Record<string, unknown>; rows: Row[] }[];
};

it('has all cases', () => expect(golden.cases).toHaveLength(400));

it.each(golden.cases.map((value, i) => [i, value] as const))('%i', (_, { json, rows }) => {
  const tokenizer = Tokenizer.fromJson({ ...json, model: golden.models[json.model] });
  for (const { text, ids, offsets, tokens, words, decoded } of rows) {
    const units = [0];
    for (const character of text) units.push(units.at(-1)! + character.length);
    const got = tokenizer.encode(text);
    expect({
      text,
      ids: [...got.ids],
      offsets: got.offsets,
      tokens: got.tokens,
      words: got.wordIds,
      decoded: tokenizer.decode(got.ids, { skipSpecialTokens: false }),
    }).toEqual({ text, ids, offsets: offsets.map(([a, b]) => [units[a], units[b]]), tokens, words, decoded });
  }
});
