/** Packed weights on the disk: found by the next process, the same bits with and without, and never in the way. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-file.js';
import { runChild } from './child.js';

const work = temporaryFolder();
let folders = 0;
const newFolder = () => join(work, `cache-${folders++}`, 'vectral');

interface Embedded {
  readonly bits: string;
  readonly packed: number;
  readonly cached: number;
}

async function embed(cache: string, options: object = {}, environment: Record<string, string> = {}): Promise<Embedded> {
  const { code, stdout, stderr } = await runChild('embed-once', [JSON.stringify(options)], {
    environment: { VECTRAL_CACHE: cache, ...environment },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe.each(['f32', 'bf16', 'int8'])('%s', (dtype) => {
  it('is packed by the first process, mapped by the second, and has the same bits without a cache', async () => {
    const cache = newFolder();
    const first = await embed(cache, { dtype });
    const second = await embed(cache, { dtype });
    const without = await embed(cache, { dtype, cache: false });
    expect(first.cached).toBe(0);
    expect(second.cached).toBe(second.packed);
    expect(second.packed).toBeGreaterThan(10e6);
    expect(without.cached).toBe(0);
    expect([second.bits, without.bits]).toEqual([first.bits, first.bits]);
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

it('two processes that start at once agree, and leave one file', async () => {
  const cache = newFolder();
  const [a, b] = await Promise.all([embed(cache), embed(cache)]);
  const after = await embed(cache);
  expect([b?.bits, after.bits]).toEqual([a?.bits, a?.bits]);
  expect(after.cached).toBe(after.packed);
  expect(readdirSync(cache)).toHaveLength(1);
});

it('a damaged file is replaced, and gives no other vectors', async () => {
  const cache = newFolder();
  const good = await embed(cache);
  const file = join(cache, readdirSync(cache)[0] ?? '');
  const content = readFileSync(file);
  const damaged = Buffer.from(content);
  damaged[10_000_000] = 1 + (damaged[10_000_000] ?? 0);
  for (const bad of [damaged, content.subarray(0, 1_000_000), Buffer.alloc(0)]) {
    writeFileSync(file, bad);
    const repaired = await embed(cache);
    expect({ cached: repaired.cached, bits: repaired.bits }).toEqual({ cached: 0, bits: good.bits });
    expect(readFileSync(file).equals(content)).toBe(true);
  }
});

it('other instruction sets have files of their own', async () => {
  const cache = newFolder();
  const own = await embed(cache);
  expect((await embed(cache, {}, { VECTRAL_ISA: 'scalar' })).cached).toBe(0);
  expect((await embed(cache, {}, { VECTRAL_ISA: 'scalar' })).cached).toBeGreaterThan(0);
  expect(await embed(cache)).toEqual({ ...own, cached: own.packed });
});

describe('no cache', () => {
  it.each([
    ['off', 'off', {}],
    ['empty', '', {}],
    ['the option', undefined, { cache: false }],
  ])('%s: nothing is written', async (_, chosen, options) => {
    const home = newFolder();
    mkdirSync(home, { recursive: true });
    const cache = chosen ?? join(home, 'vectral');
    const { cached } = await embed(cache, options, { HOME: home, XDG_CACHE_HOME: join(home, 'caches') });
    expect(cached).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  });

  it('a folder that cannot be made is gone without', async () => {
    writeFileSync(join(work, 'file'), '');
    expect((await embed(join(work, 'file', 'vectral'))).cached).toBe(0);
  });

  it('XDG_CACHE_HOME is where it lies by default', async () => {
    const home = newFolder();
    const { code } = await runChild('embed-once', ['{}'], {
      environment: { HOME: home, XDG_CACHE_HOME: join(home, 'caches') },
      without: ['VECTRAL_CACHE'],
    });
    expect(code).toBe(0);
    expect(existsSync(join(home, 'caches', 'vectral'))).toBe(true);
  });
});
