/** One process at a time: a file that says who works, kept fresh while it does, and taken over once nobody does. */
import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const freshenEvery = 1000;
const lookEvery = 100;

export interface Lock {
  /** For what must not be done by two: rejects if another has taken the lock over, and the work is then done again. */
  checkHeld(): Promise<void>;
}

class LockLost extends Error {}

/**
 * Runs `work` while no other process does with the same lock. A process that was stopped for longer than `staleAfter` ms, and
 * goes on, is no longer the one: its work asks before it does what counts.
 */
export async function withLock<T>(
  file: string,
  work: (lock: Lock) => Promise<T>,
  signal: AbortSignal | undefined,
  staleAfter = 15_000,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  for (;;) {
    const mine = await acquire(file, signal, staleAfter);
    const isHeld = async () => (await contentOf(file)) === mine;
    const freshen = async () => {
      const now = new Date();
      if (await isHeld()) await utimes(file, now, now).catch(() => {});
    };
    const timer = setInterval(freshen, Math.min(freshenEvery, staleAfter / 4)).unref();
    try {
      return await work({
        async checkHeld() {
          if (!(await isHeld())) throw new LockLost();
        },
      });
    } catch (cause) {
      if (!(cause instanceof LockLost)) throw cause;
    } finally {
      clearInterval(timer);
      if (await isHeld()) await rm(file, { force: true });
    }
  }
}

/** Waits until the lock is this one's. @returns what the file then holds. */
async function acquire(file: string, signal: AbortSignal | undefined, staleAfter: number): Promise<string> {
  let heard: number | undefined;
  let since = performance.now();
  for (;;) {
    const mine = await take(file);
    if (mine !== undefined) return mine;
    const content = await contentOf(file);
    const time = (await stat(file).catch(() => undefined))?.mtimeMs;
    // by what is seen here to change: clocks of machines that share a folder may differ
    if (time !== heard) [heard, since] = [time, performance.now()];
    const gone = content !== undefined && (isDead(content) || performance.now() - since > staleAfter);
    if (gone) await drop(file, content);
    else await sleep(lookEvery, undefined, signal && { signal });
  }
}

async function take(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'wx');
    const mine = `${process.pid} ${machine} ${randomUUID()}\n`;
    await handle.writeFile(mine);
    await handle.close();
    return mine;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

function contentOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** Where a process id means something: containers number their own. */
const machine = `${hostname()} ${processNamespace()}`;

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}

/** True if the holder was a process of this machine that has ended. */
function isDead(content: string): boolean {
  const [pid, ...where] = content.trim().split(' ');
  if (where.slice(0, -1).join(' ') !== machine) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** By a rename, so that of two that find it stale one removes it, and neither a lock that came meanwhile. */
async function drop(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => {});
  const moved = await contentOf(aside);
  if (moved === content) await rm(aside, { force: true });
  else if (moved !== undefined) await rename(aside, file).catch(() => {});
}
