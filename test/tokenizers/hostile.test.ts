/** Lying tokenizer files: each is refused with one sentence that names file and field. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';

const hostile = join(import.meta.dirname, 'hostile');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectral-tokenizer-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function refusal(files: Record<string, string | Buffer>): Promise<ConfigError> {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  try {
    await Tokenizer.load(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('the tokenizer was accepted');
}

const valid = readFileSync(join(hostile, 'valid.json'), 'utf8');

it('accepts the file the cases are made from', () => {
  const tokenizer = Tokenizer.fromJson(JSON.parse(valid));
  expect([...tokenizer.encode('ab').ids]).toEqual([1, 3, 4, 2]);
});

/** Each case changes `valid.json` at one place, or brings its own text, and names the field the error must name. */
interface Case {
  name: string;
  file?: string;
  /** Path into the JSON, and the value put there; no value: the field is removed. */
  at?: (string | number)[];
  value?: unknown;
  /** Base64 or plain text of the whole file instead. */
  base64?: string;
  text?: string;
  field: string;
  says: string;
}

describe('cases', () => {
  const cases = JSON.parse(readFileSync(join(hostile, 'cases.json'), 'utf8')) as Case[];
  it('are many', () => expect(cases.length).toBeGreaterThanOrEqual(30));
  it.each(cases)('$name', async (test) => {
    const file = test.file ?? 'tokenizer.json';
    const content = changed(test, file === 'tokenizer.json' ? valid : '{}');
    const error = await refusal({ 'tokenizer.json': valid, [file]: content });
    expect(error.file).toBe(join(folder, file));
    expect(error.field).toBe(test.field);
    expect(error.message).toContain(test.says);
    expect(error.message).not.toContain('\n');
  });
});

function changed(test: Case, base: string): string | Buffer {
  if (test.base64 !== undefined) return Buffer.from(test.base64, 'base64');
  if (test.text !== undefined) return test.text;
  const json = JSON.parse(base);
  const path = [...test.at!];
  const last = path.pop()!;
  let target = json;
  for (const key of path) target = target[key];
  if (Object.hasOwn(test, 'value')) {
    Object.defineProperty(target, last, { value: test.value, enumerable: true, configurable: true, writable: true });
  } else delete target[last];
  return JSON.stringify(json);
}

describe('files', () => {
  it('missing', async () => {
    const error = await refusal({});
    expect(error.message).toBe(
      `${join(folder, 'tokenizer.json')}: does not exist; save the model with a fast tokenizer, which writes this file`,
    );
  });

  it('absurdly large, refused before it is read', async () => {
    writeFileSync(join(folder, 'tokenizer.json'), '');
    truncateSync(join(folder, 'tokenizer.json'), 2 ** 33);
    await expect(Tokenizer.load(folder)).rejects.toThrow(/tokenizer\.json: is 8589934592 bytes long; at most/);
  });

  it('a folder in place of a file', async () => {
    await expect(Tokenizer.load(join(hostile, 'cases.json'))).rejects.toThrow(
      /tokenizer\.json: cannot be read: ENOTDIR/,
    );
  });

  it('nested deeper than any tokenizer', async () => {
    const depth = 100_000;
    const error = await refusal({ 'tokenizer.json': `${'['.repeat(depth)}${']'.repeat(depth)}` });
    expect(error.message).toContain('tokenizer.json');
    const json = JSON.parse(valid);
    json.normalizer = { type: 'Lowercase' };
    for (let i = 0; i < 40; i++) json.normalizer = { type: 'Sequence', normalizers: [json.normalizer] };
    expect((await refusal({ 'tokenizer.json': JSON.stringify(json) })).message).toContain(
      'nested deeper than 16 levels',
    );
  });

  it('a vocabulary that names Object.prototype members is a vocabulary like any other', () => {
    const json = JSON.parse(valid);
    json.model.vocab = JSON.parse('{"[UNK]":0,"[CLS]":1,"[SEP]":2,"__proto__":3,"constructor":4,"##x":5}');
    const tokenizer = Tokenizer.fromJson(json);
    expect([...tokenizer.encode('constructor toString').ids]).toEqual([1, 4, 0, 2]);
    expect(tokenizer.tokenToId('__proto__')).toBe(3);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
