/** `vectral quantize` from the command line. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { testPath } from '../reference/expected.js';

const main = testPath('..', 'dist', 'esm', 'cli', 'main.js');
const scratch = mkdtempSync(join(tmpdir(), 'vectral-quantize-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const source = testPath('fixtures', 'transformers', 'st-mean');
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

it('writes a folder, says how large it is, and the folder embeds', () => {
  const out = join(scratch, 'int8');
  const { stdout, stderr, status } = run('quantize', source, out);
  expect([stdout, status]).toEqual([`${out}\n`, 0]);
  expect(stderr).toMatch(/^weights: 0\.3 MB to 0\.1 MB \(\d\d %\)\n$/);
  const vector = execFileSync(process.execPath, [main, 'embed', '-m', out, '--format', 'json', 'a cat'], {
    encoding: 'utf8',
  });
  expect(JSON.parse(vector)).toHaveLength(1);
});

it.each([
  [['quantize', source], 2, /needs a model and a folder to write/],
  [['quantize', source, 'a', 'b'], 2, /needs a model and a folder to write/],
  [['quantize', source, join(scratch, 'x'), '--dtype', 'int4'], 2, /--dtype must be int8, bf16, got "int4"/],
  [['quantize', join(scratch, 'none'), join(scratch, 'x')], 1, /does not exist/],
])('%j fails with %i', (args, code, message) => {
  const { stderr, status } = run(...(args as string[]));
  expect(status).toBe(code);
  expect(stderr).toMatch(message as RegExp);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(existsSync(join(scratch, 'x'))).toBe(false);
});
