/** Input files: lines, JSON lines, and what is wrong with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTexts } from '../../src/cli/texts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectral-texts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(name: string, content: string | Buffer, switches: string[] = []): Promise<string[]> {
  const file = join(folder, name);
  writeFileSync(file, content);
  const options = new Map([['file', file], ...switches.map((name) => [name, ''] as const)]);
  const texts: string[] = [];
  for await (const text of await readTexts({ positionals: [], options })) texts.push(text);
  return texts;
}

describe('lines', () => {
  it.each([
    ['one', ['one']],
    ['one\n', ['one']],
    ['one\n\ntwo\r\n', ['one', '', 'two']],
    ['', []],
    ['\n', ['']],
    ['\ufeffone\n', ['one']],
    ['a\u2028b\u2029c\rd\n', ['a\u2028b\u2029c\rd']],
  ])('%j', async (content, expected) => expect(await read('a.txt', content)).toEqual(expected));

  it('over the edges of chunks, characters of several bytes included', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `${'é😀'.repeat(i % 50)} ${i}`);
    expect(await read('a.txt', lines.join('\n'))).toEqual(lines);
  });

  it('of two million characters', async () => {
    const line = 'x'.repeat(2_000_000);
    expect(await read('a.txt', `${line}\nb`)).toEqual([line, 'b']);
  });

  it('that are not UTF-8', async () => {
    await expect(read('a.txt', Buffer.from([0x61, 0x0a, 0xff, 0x0a]))).rejects.toThrow(/a\.txt is not UTF-8/);
    await expect(read('a.txt', Buffer.from([0x61, 0xc3]))).rejects.toThrow(/a\.txt is not UTF-8/);
  });
});

describe('JSON lines', () => {
  it('are strings, or objects with a text', async () => {
    const content = '"one\\ntwo"\n\n{"id": 7, "text": "three"}\n';
    expect(await read('a.jsonl', content)).toEqual(['one\ntwo', 'three']);
    expect(await read('a.txt', content, ['jsonl'])).toEqual(['one\ntwo', 'three']);
  });

  it.each([
    ['{"text": 1}', /line 1: must be a JSON string or an object/],
    ['"a"\n["b"]', /line 2: must be a JSON string or an object/],
    ['null', /line 1: must be/],
    ['"a"\n\n{"text', /line 3: is not JSON/],
  ])('%j is refused', async (content, message) => {
    await expect(read('a.jsonl', content)).rejects.toThrow(message);
  });
});

describe('sources', () => {
  const from = (positionals: string[], options: [string, string][] = []) =>
    readTexts({ positionals, options: new Map(options) });
  it('are one', async () => {
    expect(await from(['a', 'b'])).toEqual(['a', 'b']);
    await expect(from(['a'], [['file', 'b']])).rejects.toThrow(/not from both/);
    await expect(from(['a'], [['jsonl', '']])).rejects.toThrow(/--jsonl is for/);
  });
  it('that are missing or folders are named', async () => {
    await expect(from([], [['file', join(folder, 'none')]])).rejects.toThrow(/cannot read .*none: ENOENT/);
    const lines = (await from([], [['file', folder]])) as AsyncIterable<string>;
    await expect(lines[Symbol.asyncIterator]().next()).rejects.toThrow(/cannot read .*: EISDIR/);
  });
});
