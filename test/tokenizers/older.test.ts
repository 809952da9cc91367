/** Tokenizers of folders without a tokenizer.json, against transformers' own conversion (make_older.py); and what may be wrong. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readSentencePiece } from '../../src/tokenizers/older/sentencepiece.js';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { readJson, testPath } from '../reference/expected.js';

const root = testPath('fixtures', 'older-tokenizers');
const kinds = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const scratch = mkdtempSync(join(tmpdir(), 'vectral-older-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Row {
  text: string;
  pair?: string;
  ids: number[];
  type_ids: number[];
  decoded?: string;
}

it('has a folder of every kind', () => expect(kinds).toHaveLength(9));

describe.each(kinds.map(({ name }) => name))('%s', (name) => {
  const rows = readJson<Row[]>(join(root, name, 'expected.json'));
  const loading = Tokenizer.load(join(root, name));
  it.each(rows)('$text | $pair', async ({ text, pair, ids, type_ids, decoded }) => {
    const tokenizer = await loading;
    const got = tokenizer.encode(text, { pair });
    expect([...got.ids]).toEqual(ids);
    expect([...got.typeIds]).toEqual(type_ids);
    if (decoded !== undefined) expect(tokenizer.decode(got.ids)).toBe(decoded);
  });
});

describe('a kind', () => {
  it('is told by config.json where tokenizer_config.json says nothing', async () => {
    const folder = join(scratch, 'by-model');
    cpSync(join(root, 'xlm-roberta'), folder, { recursive: true });
    rmSync(join(folder, 'tokenizer_config.json'));
    writeFileSync(join(folder, 'config.json'), '{"model_type": "xlm-roberta"}');
    const [{ text, ids }] = readJson<[Row]>(join(root, 'xlm-roberta', 'expected.json'));
    expect([...(await Tokenizer.load(folder)).encode(text).ids]).toEqual(ids);
  });

  it('takes special tokens and their ids from the files beside it', async () => {
    const folder = join(scratch, 'added');
    cpSync(join(root, 'bert'), folder, { recursive: true });
    writeFileSync(join(folder, 'added_tokens.json'), '{"<new>": 400}');
    writeFileSync(join(folder, 'special_tokens_map.json'), '{"mask_token": {"content": "<new>"}}');
    const { ids } = (await Tokenizer.load(folder)).encode('a <new> cat', { addSpecialTokens: false });
    expect([...ids]).toContain(400);
  });
});

describe('refuses', () => {
  async function refusal(name: string, change: (folder: string) => void): Promise<unknown> {
    const folder = join(scratch, 'refused');
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(root, name), folder, { recursive: true });
    change(folder);
    return Tokenizer.load(folder).catch((cause: unknown) => cause);
  }

  it.each<[string, string, (folder: string) => void, string, RegExp]>([
    [
      'no vocabulary',
      'bert',
      (folder) => rmSync(join(folder, 'vocab.txt')),
      'vocab.txt',
      /does not exist, and there is no tokenizer\.json/,
    ],
    ['no merges', 'roberta', (folder) => rmSync(join(folder, 'merges.txt')), 'merges.txt', /does not exist/],
    [
      'merges of tokens that are not there',
      'roberta',
      (folder) => writeFileSync(join(folder, 'merges.txt'), 'qq zz\n'),
      'vocab.json',
      /names "qq"/,
    ],
    [
      'a merge of three',
      'roberta',
      (folder) => writeFileSync(join(folder, 'merges.txt'), 'a b c\n'),
      'vocab.json',
      /must be two tokens/,
    ],
    [
      'a vocabulary that is a list',
      'roberta',
      (folder) => writeFileSync(join(folder, 'vocab.json'), '[1]'),
      'vocab.json',
      /model\.vocab/,
    ],
    [
      'an unknown token that is not there',
      'bert',
      (folder) => writeFileSync(join(folder, 'vocab.txt'), 'a\nb\n'),
      'vocab.txt',
      /\[UNK\]/,
    ],
    [
      'a model that is none',
      't5',
      (folder) => writeFileSync(join(folder, 'spiece.model'), '{}'),
      'spiece.model',
      /is no SentencePiece model/,
    ],
    [
      'a model of nothing',
      't5',
      (folder) => writeFileSync(join(folder, 'spiece.model'), ''),
      'spiece.model',
      /has no pieces/,
    ],
    [
      'no known kind',
      't5',
      (folder) => writeFileSync(join(folder, 'tokenizer_config.json'), '{"tokenizer_class": "XTokenizer"}'),
      'tokenizer.json',
      /does not exist; save the model with a fast tokenizer/,
    ],
  ])('%s', async (_, name, change, file, message) => {
    const error = await refusal(name, change);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ file: expect.stringContaining(file), message: expect.stringMatching(message) });
  });

  it('any cut or changed SentencePiece model, or reads it', () => {
    const bytes = readFileSync(join(root, 't5', 'spiece.model'));
    const attempt = (content: Buffer) => {
      try {
        readSentencePiece(content, 'spiece.model');
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    };
    for (let end = 0; end < 4000; end += 7) attempt(bytes.subarray(0, end));
    for (let i = 0; i < 4000; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1 << (i % 8);
      attempt(changed);
    }
  });
});
