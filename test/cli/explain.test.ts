/** `vectral explain`, run as a program. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/esm/cli/main.js');
const fixture = join(root, 'test/fixtures/transformers/st-mean-normalize');

function explain(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'explain', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('as text', () => {
  const { status, stdout, stderr } = explain('--tokens', '8', '--batch', '2', '--threads', '2');
  const section = (heading: RegExp) => {
    const found = stdout.split('\n\n').find((part) => heading.test(part));
    return (found ?? '').trimEnd().split('\n');
  };

  it('ends well', () => expect([status, stderr]).toEqual([0, '']));

  it('says what was measured', () => {
    expect(stdout).toMatch(/^model +.*all-MiniLM-L6-v2\ncomputes in +f32, on \w+, with 2 threads\n/);
    expect(stdout).toMatch(/\npeak, GFLOP\/s +f32 [\d.]+, bf16 [\d.]+, int8 [\d.]+ \([\d.]+ × one thread\)\n/);
    expect(stdout).toMatch(/\nreading, GB\/s +16 KiB [\d.]+, .*1 MiB [\d.]+/);
  });

  it('prints the layers once, before and after', () => {
    const recorded = section(/^recorded: 81 steps/);
    const compiled = section(/^compiled: \d+ steps/);
    for (const listing of [recorded, compiled]) {
      expect(listing.filter((line) => /^ {2}6 layers, the first:$/.test(line))).toHaveLength(1);
      expect(listing.filter((line) => line.includes('= attention('))).toHaveLength(1);
    }
    expect(recorded.filter((line) => line.includes('= gelu('))).toHaveLength(1);
    expect(compiled.join()).toContain('activation=gelu');
    expect(compiled.join()).not.toContain('= gelu(');
  });

  it('has a row for each operation, whose times add up', () => {
    const [title, headings, ...rows] = section(/^2 sequences of 8 tokens/);
    expect(title).toBe('2 sequences of 8 tokens');
    expect(headings).toMatch(/^ {2}op +steps +µs +share +GFLOP\/s +GB\/s +limit µs +of limit +bound by$/);
    const time = (row: string) => Number(row.split(/ {2,}/).find((cell) => /^-?\d+\.\d$/.test(cell)));
    const parts = rows.filter((row) => / (compute|memory)$/.test(row));
    const [all, besides, whole] = ['all steps', 'besides', 'whole run'].map((name) =>
      time(rows.find((row) => row.startsWith(`  ${name}`)) ?? ''),
    );
    expect(parts.reduce((sum, row) => sum + time(row), 0)).toBeCloseTo(all!, -1);
    expect(all).toBeGreaterThan(0);
    expect(besides).toBeGreaterThan(0);
    expect(whole).toBeGreaterThan(0);
    const share = (name: string) =>
      Number(/([\d.]+) %/.exec(rows.find((row) => row.startsWith(`  ${name}`)) ?? '')?.[1]);
    expect(share('all steps') + share('besides')).toBeCloseTo(100, 0);
    const linear = parts.filter((row) => /^ {2}linear \[16,384\] × \[1536,384\] gelu {2}/.test(row));
    expect(linear).toHaveLength(1);
    expect(linear[0]).toMatch(/ 6 +[\d.]+ +[\d.]+ % +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ % +(compute|memory)$/);
    expect(parts.find((row) => row.startsWith('  attention [16,384], 12 heads '))).toMatch(/ 6 /);
  });
});

describe('as JSON', () => {
  it('gives everything', () => {
    const { status, stdout } = explain('--json', '--tokens', '3,5', '--dtype', 'int8', '--threads', '1', fixture);
    expect(status).toBe(0);
    const explanation = JSON.parse(stdout);
    expect(explanation).toMatchObject({ folder: fixture, dtype: 'int8', threads: 1, scaling: 1 });
    expect(explanation.listing.compiled).toContain('arithmetic=int8');
    expect(explanation.runs.map((run: { tokens: number; batchSize: number }) => [run.tokens, run.batchSize])).toEqual([
      [3, 1],
      [5, 1],
    ]);
    expect(Object.keys(explanation.peaks.operations)).toEqual(['f32', 'bf16', 'int8']);
  });
});

describe('mistakes', () => {
  it.each<[string[], number, RegExp]>([
    [['a', 'b'], 2, /explain looks at one model/],
    [['--model', 'a', 'b'], 2, /one model/],
    [['--tokens', '8,x'], 2, /--tokens must be whole numbers from 1 with commas between them, got "8,x"/],
    [['--tokens', '0'], 2, /--tokens must be whole numbers/],
    [['--tokens', '999', fixture], 2, /tokens must be whole numbers from 1 to \d+, this model's longest text; got 999/],
    [['--batch', '0'], 2, /--batch must be a whole number from 1/],
    [['./absent'], 1, /absent does not exist/],
  ])('%j → %i', (args, code, message) => {
    const { status, stdout, stderr } = explain(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^vectral: [^\n]+\n$/);
    expect([status, stdout]).toEqual([code, '']);
  });
});
