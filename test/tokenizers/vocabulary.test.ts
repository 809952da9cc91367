/** Vocabularies read by the quick way and by the careful one are the same, also where a file is written oddly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';

const plain = '{"[UNK]":0,"a":1,"##b":2,"ab":3}';
const file = (vocab: string, more = '') =>
  `{"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":${vocab}${more}},` +
  '"pre_tokenizer":{"type":"BertPreTokenizer"}}';

async function load(text: string): Promise<Tokenizer> {
  const folder = mkdtempSync(join(tmpdir(), 'vectral-vocabulary-'));
  try {
    writeFileSync(join(folder, 'tokenizer.json'), text);
    return await Tokenizer.load(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a WordPiece vocabulary', () => {
  it.each([
    ['plain', file(plain)],
    ['with white space', file(' {\n "[UNK]" : 0 ,\t"a" : 1, "##b":2 , "ab" :3 } ')],
    ['with escapes', file('{"\\u005bUNK]":0,"\\u0061":1,"\\u0023#b":2,"ab":3}')],
    ['that names a token twice: the last counts', file('{"[UNK]":0,"a":9,"##b":2,"ab":3,"a":1}')],
    ['that comes twice: the last counts', file('{"[UNK]":7}', `,"vocab":${plain}`)],
    [
      'behind what looks like it',
      `{"x":"\\"model\\":{\\"vocab\\":{","y":["model",{"vocab":{"a":5}}],${file(plain).slice(1)}`,
    ],
    ['with a lone half of a character', file('{"[UNK]":0,"a":1,"##b":2,"ab":3,"\\ud83d":4}')],
    ['with a token called __proto__', file('{"[UNK]":0,"a":1,"##b":2,"ab":3,"__proto__":4}')],
  ])('%s', async (_, text) => {
    const tokenizer = await load(text);
    const ids = (of: string) => [...tokenizer.encode(of).ids];
    expect([ids('ab'), ids('abb'), ids('a'), ids('b'), ids('ba')]).toEqual([[3], [3, 2], [1], [0], [0]]);
    expect(tokenizer.tokenToId('##b')).toBe(2);
    expect([0, 1, 2, 3].map((id) => tokenizer.idToToken(id))).toEqual(['[UNK]', 'a', '##b', 'ab']);
    const parsed = JSON.parse(text);
    expect(tokenizer.vocabSize).toBe(Object.keys(parsed.model.vocab).length);
    expect(tokenizer.decode([3, 1])).toBe(Tokenizer.fromJson(parsed).decode([3, 1]));
  });
});

it('a piece that a Unigram list has twice: the last id encodes, both decode', async () => {
  const vocab = [
    ['<unk>', 0],
    ['▁a', -1],
    ['b', -2],
    ['▁a', -1],
  ];
  const tokenizer = Tokenizer.fromJson({ model: { type: 'Unigram', unk_id: 0, vocab } });
  expect(tokenizer.tokenToId('▁a')).toBe(3);
  expect(tokenizer.idToToken(1)).toBe('▁a');
  expect(tokenizer.vocabSize).toBe(3);
});
