/**
 * Native jobs wait here, first come first served, where a signal can still take them out. Two are submitted at a time: one
 * computes, the next is ready when it ends. However many wait, those of the process's other environments come between.
 */
const maxInFlight = 2;
let inFlight = 0;
const waiting: (() => void)[] = [];

/** Runs `job` when its turn comes. An abort before that rejects with the signal's reason; a running job ends normally. */
export async function enqueue<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  if (inFlight >= maxInFlight) await turn(signal);
  else inFlight++;
  try {
    return await job();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else inFlight--;
  }
}

/** Resolves when a finished job hands its place over. */
function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      waiting.splice(waiting.indexOf(start), 1);
      reject(signal?.reason);
    };
    waiting.push(start);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
