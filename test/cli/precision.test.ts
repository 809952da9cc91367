/** `vectral embed --precision`: what quantizeEmbeddings makes of the same texts. */
import { execFileSync } from 'node:child_process';
import { quantizeEmbeddings, SentenceTransformer } from 'vectral';
import { expect, it } from 'vitest';
import { testPath } from '../reference/expected.js';

const main = testPath('..', 'dist', 'esm', 'cli', 'main.js');
const folder = testPath('fixtures', 'transformers', 'st-mean');
const texts = ['a cat', 'the dog', 'sat on the mat'];
const run = (...args: string[]) => execFileSync(process.execPath, [main, 'embed', '-m', folder, ...args, ...texts]);

it.each(['int8', 'uint8', 'binary', 'ubinary'] as const)('%s', async (precision) => {
  await using model = await SentenceTransformer.load(folder);
  const want = quantizeEmbeddings(await model.encode(texts), precision);
  const rows = JSON.parse(run('--precision', precision, '--format', 'json').toString());
  expect(rows).toEqual(want.rows().map((row) => Array.from(row)));
  const npy = run('--precision', precision, '--format', 'npy');
  expect(npy.toString('latin1', 0, 128)).toContain(`'shape': (3, ${want.rowLength})`);
  expect(npy.toString('latin1', 0, 128)).toContain(precision.startsWith('u') ? "'|u1'" : "'|i1'");
  expect(npy.subarray(128)).toEqual(Buffer.from(want.data.buffer, want.data.byteOffset, want.data.byteLength));
});
