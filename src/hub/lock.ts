/** One process at a time: a file that says who works, kept fresh while it does, and taken over once it goes stale. */
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const freshenEvery = 1000;
/** A holder that has not been heard of for so long is gone. */
const staleAfter = 15_000;
const lookEvery = 100;

/** Runs `work` while no other process does with the same lock. */
export async function withLock<T>(file: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  while (!(await take(file))) {
    await dropStale(file);
    await sleep(lookEvery, undefined, signal && { signal });
  }
  const freshen = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, freshenEvery);
  freshen.unref();
  try {
    return await work();
  } finally {
    clearInterval(freshen);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(`${process.pid} ${hostname()}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** By a rename, so that of two that find it stale one removes it, and neither a lock that came meanwhile. */
async function dropStale(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs < staleAfter) return;
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  const moved = await stat(aside).catch(() => undefined);
  if (moved && moved.ino === found.ino) await rm(aside, { force: true });
  else if (moved) await rename(aside, file).catch(() => {});
}
