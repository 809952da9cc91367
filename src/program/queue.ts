/**
 * Native jobs wait here, first come first served, where a signal can still take them out. Besides those that compute, one
 * more is submitted, ready when one of them ends. However many wait, those of the process's other environments come between.
 */
let inFlight = 0;
const waiting: { readonly atOnce: number; readonly start: () => void }[] = [];

/**
 * The turn of a job, of whose kind `atOnce` may compute at the same time: undefined if it may be submitted now, else a
 * promise of when. An abort before that throws or rejects with the signal's reason. {@link endTurn} must follow the job.
 */
export function takeTurn(atOnce: number, signal?: AbortSignal): Promise<void> | undefined {
  signal?.throwIfAborted();
  if (waiting.length === 0 && inFlight <= atOnce) {
    inFlight++;
    return undefined;
  }
  return new Promise((resolve, reject) => {
    const start = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const turn = { atOnce, start };
    const abort = () => {
      waiting.splice(waiting.indexOf(turn), 1);
      startNext(); // it may have held up others
      reject(signal?.reason);
    };
    waiting.push(turn);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Ends the turn of a job that has ended, well or not, and starts those whose turn it is now. */
export function endTurn(): void {
  inFlight--;
  startNext();
}

function startNext(): void {
  for (let next = waiting[0]; next !== undefined && inFlight <= next.atOnce; next = waiting[0]) {
    waiting.shift();
    inFlight++;
    next.start();
  }
}
