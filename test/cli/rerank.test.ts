/** `vectral rerank` as a program: order, forms, limits and mistakes, with a fixture whose scores are the reference's. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath } from '../reference/expected.js';

const main = join(import.meta.dirname, '../../dist/esm/cli/main.js');
const model = testPath('fixtures', 'transformers', 'crossencoder-1');
const { pairs } = readJson<{ pairs: [string, string][] }>(`${model}/expected.json`);
const scores = readTensors(`${model}/expected.safetensors`).get('scores')!.data;
const [query] = pairs[0]!;
// The first two pairs of the fixture have the same query.
const documents = [pairs[0]![1], pairs[1]![1]];
const best = scores[0]! > scores[1]! ? [0, 1] : [1, 0];

function rerank(args: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'rerank', ...args], {
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function expectRanked(rows: { corpus_id: number; score: number; text: string }[]): void {
  expect(rows.map((row) => row.corpus_id)).toEqual(best);
  for (const { corpus_id, score, text } of rows) {
    expect(Math.abs(score - scores[corpus_id]!)).toBeLessThanOrEqual(1e-5);
    expect(text).toBe(documents[corpus_id]);
  }
}

describe('rerank', () => {
  it('writes JSON: documents from arguments, best first', () => {
    const { status, stdout } = rerank(['-m', model, '--format', 'json', query, ...documents]);
    expect(status).toBe(0);
    expectRanked(JSON.parse(stdout));
  });

  it('writes JSON lines: documents from standard input', () => {
    const { stdout } = rerank(['-m', model, '--format', 'jsonl', query], documents.join('\n'));
    expectRanked(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  });

  it('writes text, the best only', () => {
    const { stdout } = rerank(['-m', model, '--top-k', '1', query, ...documents]);
    expect(stdout).toBe(`${scores[best[0]!]!.toFixed(4).padStart(9)}  [${best[0]}] ${documents[best[0]!]}\n`);
  });

  it('says which documents were cut', () => {
    const { status, stderr } = rerank(['-m', model, query, 'short', 'word '.repeat(40)]);
    expect([status, stderr]).toEqual([0, 'vectral: text 2 was longer than 24 tokens and cut there\n']);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /rerank needs a query/],
    [['-m', model, '--top-k', '0', 'q', 'd'], 2, /--top-k must be a whole number from 1/],
    [['-m', model, '--max-length', '99', 'q', 'd'], 2, /maxLength must be a whole number from 4 to 24, got 99/],
    [['-m', testPath('fixtures', 'transformers', 'crossencoder-nli'), 'q', 'd'], 2, /one label, this one has 3/],
    [['-m', testPath('fixtures', 'transformers', 'st-mean'), 'q', 'd'], 1, /"architectures" must name a class/],
    [['-m', 'nobody/nothing', 'q', 'd'], 1, /no model "nobody\/nothing" on this machine/],
  ])('%j → %i', (args, code, message) => {
    const { status, stdout, stderr } = rerank(args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^vectral: [^\n]+\n$/);
    expect([status, stdout]).toEqual([code, '']);
  });
});
