/** Worker threads share the weights and give the same bits; one may be ended at any time. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-file.js';
import { defaultModelFolder, runChild } from './child.js';

const work = temporaryFolder();
/** Packed weights of the layers: six of four [384, 384] and two [384, 1536] matrices, two bytes a number. */
const copy = 6 * (4 * 384 * 384 + 2 * 384 * 1536) * 2;

async function threeThreads(...folders: string[]) {
  const { code, stdout, stderr } = await runChild('encode-in-threads', folders, { node: ['--expose-gc'] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as { digests: string[]; first: number; more: number };
}

it('three threads at once: the same bits, one copy of the weights', async () => {
  const { digests, first, more } = await threeThreads();
  expect(digests.length).toBe(5);
  expect(new Set(digests).size).toBe(1);
  expect(first).toBeGreaterThan(copy);
  // Measured 2 to 4 MB for both threads: the arenas, and objects of the models. A copy each would be 42 MB.
  expect(more).toBeLessThan(copy / 2);
});

it('the measurement sees copies: three folders of equal content are not shared', async () => {
  const others = ['b', 'c'].map((name) => join(work, name));
  for (const folder of others) cpSync(defaultModelFolder, folder, { recursive: true });
  const { digests, more } = await threeThreads(...others);
  expect(more).toBeGreaterThan(1.8 * copy);
  expect(new Set(digests).size).toBe(1);
});

it('ending workers while they ask word vectors or train: the process goes on and ends with 0', async () => {
  const { code, signal, stdout, stderr } = await runChild('terminate-words');
  expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'true', stderr: '' });
});

it('ending a worker while it encodes: the process goes on and ends with 0', async () => {
  const { code, signal, stdout, stderr } = await runChild('terminate-worker');
  expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'true', stderr: '' });
});
