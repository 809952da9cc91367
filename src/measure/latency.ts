/** Times single calls. */

/**
 * Milliseconds of each call, one after the other: a warm-up of a fifth of the budget, then calls until `milliseconds` are
 * spent; at least five.
 */
export async function timeCalls(call: () => unknown, milliseconds: number): Promise<number[]> {
  const warm = performance.now() + milliseconds / 5;
  do await call();
  while (performance.now() < warm);
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  do {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  } while (performance.now() < end || times.length < 5);
  return times;
}
