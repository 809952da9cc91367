/** `vectral bench`, run as a program: what it reports and refuses. Times are never judged. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchTable } from '../../src/cli/bench-report.js';

const tiny = join(import.meta.dirname, '../fixtures/transformers/st-mean');
const main = join(import.meta.dirname, '../../dist/esm/cli/main.js');
const vectral = (...args: string[]) => spawnSync(process.execPath, [main, 'bench', ...args], { encoding: 'utf8' });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectral-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('bench', () => {
  it('measures each dtype and thread count, prints a table and writes JSON', () => {
    const out = join(folder, 'bench.json');
    const { status, stdout, stderr } = vectral(
      ...[
        '--model',
        tiny,
        '--dtype',
        'f32,int8',
        '--threads',
        '1',
        '--tokens',
        '4,16,9999',
        '--budget',
        '1',
        '--out',
        out,
      ],
    );
    expect([status, stderr]).toEqual([0, '']);
    const report = JSON.parse(readFileSync(out, 'utf8'));
    expect(stdout).toBe(benchTable(report));
    expect(report.runs.map((run: { dtype: string; threads: number }) => [run.dtype, run.threads])).toEqual([
      ['f32', 1],
      ['int8', 1],
    ]);
    expect(report.machine).toMatchObject({ node: process.version, date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
    for (const run of report.runs) {
      expect(run.model).toMatchObject({ architecture: 'BertModel', dimension: 48 });
      expect(run.isa).not.toBe('');
      // 9999 tokens are more than the model reads.
      expect(run.latency.map((row: { tokens: number }) => row.tokens)).toEqual([4, 16]);
      for (const { p50, p90, p99, calls } of run.latency) {
        expect(p50).toBeGreaterThan(0);
        expect(p90).toBeGreaterThanOrEqual(p50);
        expect(p99).toBeGreaterThanOrEqual(p90);
        expect(calls).toBeGreaterThanOrEqual(5);
      }
      expect(run.batch.texts).toBe(256);
      expect(run.batch.tokensPerSecond / run.batch.textsPerSecond).toBeCloseTo(run.batch.tokens / 256, 6);
      expect(run.memory.peakMB).toBeGreaterThanOrEqual(run.memory.loadedMB * 0.99);
      expect(run.firstVectorMs).toBeGreaterThan(run.loadMs);
    }
  });

  it('prints JSON alone where that is asked for', () => {
    const { status, stdout } = vectral(
      '--model',
      tiny,
      '--no-cache',
      '--json',
      '--tokens',
      '8',
      '--threads',
      '1',
      '--budget',
      '1',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, runs: [{ dtype: 'f32', threads: 1 }] });
  });

  it.each([
    [['text'], 'bench takes no arguments, got "text"; name the model with --model'],
    [['--dtype', 'f32,f16'], '--dtype f16 is not known; supported: f32, bf16, int8'],
    [['--tokens', '8,x'], '--tokens must be whole numbers from 1 with commas between them, got "8,x"'],
    [['--threads', '0'], '--threads must be whole numbers from 1 to 1024 with commas between them, got "0"'],
    [['--tokens', '1', '--threads', '1,2'], '--tokens: no text of exactly 1 tokens found (2 of them special)'],
  ])('refuses %j in one line', (args, message) => {
    const { status, stdout, stderr } = vectral(...args);
    expect([status, stdout, stderr]).toEqual([2, '', `vectral: ${message}\n`]);
  });

  it('passes on what a process of its own says', () => {
    const { status, stderr } = vectral('--model', join(folder, 'none'), '--threads', '1,2');
    expect([status, stderr]).toEqual([1, `vectral: the model folder ${join(folder, 'none')} does not exist\n`]);
  });

  it('has a table for people', () => {
    const run = {
      model: { folder: 'm', architecture: 'BertModel', parameters: 22_713_216, dimension: 384 },
      dtype: 'f32' as const,
      threads: 2,
      isa: 'avx2',
      features: ['avx2'],
      loadMs: 41.26,
      firstVectorMs: 150.4,
      latency: [
        { tokens: 8, p50: 0.81234, p90: 1.05, p99: 12.34, calls: 1234 },
        { tokens: 128, p50: 101.4, p90: 120, p99: 130, calls: 5 },
      ],
      batch: { texts: 256, tokens: 5945, textsPerSecond: 304.4, tokensPerSecond: 7069, rounds: 5 },
      memory: { loadedMB: 92.61, peakMB: 117.2 },
    };
    const machine = { cpu: 'CPU', cpus: 2, memoryGB: 8, os: 'linux', node: 'v20', commit: null, date: '2026-01-01' };
    expect(
      benchTable({ schema: 1, vectral: '1.0.0', machine, runs: [run] }),
    ).toBe(`m: BertModel, 22,713,216 parameters, 384 components
CPU, 2 CPUs, avx2; Node v20, vectral 1.0.0, 2026-01-01

f32, 2 threads
  tokens  median ms  90 %  99 %  calls
       8      0.812  1.05  12.3  1,234
     128        101   120   130      5
  256 mixed texts (5,945 tokens): 304 texts/s, 7,069 tokens/s
  loaded in 41.3 ms; first vector 150 ms after the process began
  memory 92.6 MB with the model, 117 MB at most
`);
  });
});
