/** One at a time, whatever becomes of the one. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../src/hub/lock.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectral-lock-'));
  file = join(folder, 'a', 'b.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('lets one in at a time, and leaves nothing', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside -= 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => withLock(file, work, undefined)));
  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

it('is let go of when the work fails', async () => {
  const failing = withLock(file, () => Promise.reject(new Error('no')), undefined);
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(file, async () => 5, undefined)).toBe(5);
});

it('of a process that has ended is taken over at once, of one that lives never', async () => {
  const own = await withLock(file, async () => readFileSync(file, 'utf8'), undefined);
  const ended = spawnSync(process.execPath, ['-e', '0']).pid;
  writeFileSync(file, own.replace(/^\d+/, String(ended)));
  // a limit that no test would live to see
  expect(await withLock(file, async () => 5, undefined, 1e9)).toBe(5);
  writeFileSync(file, own.replace(/^\d+/, String(process.ppid)));
  await expect(withLock(file, async () => 5, AbortSignal.timeout(500), 1e9)).rejects.toThrow();
  expect(existsSync(file)).toBe(true);
});

it.each(['1 another-machine pid:[1] x\n', ''])(
  'of elsewhere (%j) is taken over once it is not heard of',
  async (text) => {
    await withLock(file, async () => {}, undefined);
    writeFileSync(file, text);
    expect(await withLock(file, async () => 5, undefined, 300)).toBe(5);
  },
);

it('that is held for long is kept fresh', async () => {
  const order: number[] = [];
  const first = withLock(
    file,
    async () => {
      await sleep(1500);
      order.push(1);
    },
    undefined,
    400,
  );
  await sleep(50);
  // another machine's, for one that looks
  writeFileSync(join(folder, 'seen'), readFileSync(file));
  await withLock(file, async () => order.push(2), undefined, 400);
  await first;
  expect(order).toEqual([1, 2]);
});

it('that was taken over makes the work begin again, and is not taken from its new owner', async () => {
  let runs = 0;
  const result = withLock(
    file,
    async (lock) => {
      runs += 1;
      if (runs === 1) writeFileSync(file, '1 another-machine pid:[1] x\n');
      await lock.checkHeld();
      return runs;
    },
    undefined,
    400,
  );
  await sleep(150);
  expect(readFileSync(file, 'utf8')).toContain('another-machine');
  expect(await result).toBe(2);
  expect(existsSync(file)).toBe(false);
});
