/** The same text has the same bits whatever stands beside it, in whatever order, on however many threads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/native.js';
import { temporaryFolder } from '../weights/raw-file.js';
import { runChild } from './child.js';
import { distance, goldenTexts } from './golden.js';

const work = temporaryFolder();

async function checkBits(isa: string, chosen: typeof goldenTexts): Promise<void> {
  const list = join(work, `texts-${isa}.json`);
  writeFileSync(list, JSON.stringify(chosen.map(({ text }) => text)));
  const { code, stdout, stderr } = await runChild('same-bits', [list], { environment: { VECTRAL_ISA: isa } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { different, vectors } = JSON.parse(stdout) as { different: string[]; vectors: number[][] };
  expect(different).toEqual([]);
  // The promise of float32-class accuracy; equal bits of wrong vectors would be worth nothing.
  chosen.forEach(({ text, vector }, i) => {
    expect(distance(vectors[i] ?? [], vector), text.slice(0, 40)).toBeLessThan(1e-5);
  });
}

it('all 64 texts of the reference', async () => {
  expect(goldenTexts.length).toBe(64);
  await checkBits('', goldenTexts);
});

describe('a part of them on every instruction set', () => {
  // Short ones, for the scalar kernels' sake; their lengths still differ and exceed a tile.
  const chosen = goldenTexts
    .filter(({ ids }) => ids.length < 40)
    .filter((_, i) => i % 2 === 0)
    .slice(0, 16);
  const { runnable, built } = native.info();
  it.each(built)('%s', async (isa) => {
    expect(chosen.length).toBe(16);
    if (runnable.includes(isa)) await checkBits(isa, chosen);
  });
});
