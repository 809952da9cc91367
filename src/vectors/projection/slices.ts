/** Long arithmetic in JavaScript, in slices: between them the event loop takes its turn. */

// Long enough that the turns cost little, short enough that a server answers in between.
const sliceMilliseconds = 12;

/** Call and await it often: now and then it lets other work run, and it throws once `signal` is aborted. */
export function slices(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  signal?.throwIfAborted();
  let begun = performance.now();
  return () => {
    if (performance.now() - begun < sliceMilliseconds) return undefined;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      signal?.throwIfAborted();
      begun = performance.now();
    });
  };
}
