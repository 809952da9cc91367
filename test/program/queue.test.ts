import { describe, expect, it } from 'vitest';
import { endTurn, takeTurn } from '../../src/program/queue.js';

/** Runs `job` when its turn comes. */
async function enqueue<T>(job: () => Promise<T>, signal?: AbortSignal, atOnce = 1): Promise<T> {
  await takeTurn(atOnce, signal);
  try {
    return await job();
  } finally {
    endTurn();
  }
}

/** A job that ends when told to, and what it has done so far. */
function job() {
  let finish: (error?: Error) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  const state = { begun: false };
  const run = () => {
    state.begun = true;
    return ended;
  };
  return { state, run, finish: (error?: Error) => finish(error) };
}

/** Lets every promise that can settle do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue', () => {
  it('runs two at a time, first come first served', async () => {
    const jobs = Array.from({ length: 6 }, job);
    const all = jobs.map(({ run }) => enqueue(run));
    const begun = () => jobs.map(({ state }) => state.begun);
    await settle();
    expect(begun()).toEqual([true, true, false, false, false, false]);
    jobs[1]!.finish();
    await settle();
    expect(begun()).toEqual([true, true, true, false, false, false]);
    jobs[0]!.finish();
    jobs[2]!.finish();
    await settle();
    expect(begun()).toEqual([true, true, true, true, true, false]);
    for (const { finish } of jobs) finish();
    await Promise.all(all);
  });

  it('submits one more than may compute at once, and lets nobody pass who needs more room', async () => {
    const jobs = Array.from({ length: 6 }, job);
    const all = jobs.map(({ run }, i) => enqueue(run, undefined, i === 4 ? 1 : 3));
    const begun = () => jobs.map(({ state }) => state.begun);
    await settle();
    expect(begun()).toEqual([true, true, true, true, false, false]);
    for (const i of [0, 1]) jobs[i]!.finish();
    await settle();
    expect(begun()).toEqual([true, true, true, true, false, false]);
    jobs[2]!.finish();
    await settle();
    expect(begun()).toEqual([true, true, true, true, true, true]);
    for (const { finish } of jobs) finish();
    await Promise.all(all);
  });

  it('an abort lets those pass whom it held up', async () => {
    const jobs = Array.from({ length: 4 }, job);
    const controller = new AbortController();
    const all = [0, 1].map((i) => enqueue(jobs[i]!.run));
    const dropped = enqueue(jobs[2]!.run, controller.signal, 1);
    all.push(enqueue(jobs[3]!.run, undefined, 2));
    await settle();
    expect(jobs[3]!.state.begun).toBe(false);
    controller.abort();
    await expect(dropped).rejects.toThrow();
    await settle();
    expect(jobs[3]!.state.begun).toBe(true);
    for (const { finish } of jobs) finish();
    await Promise.all(all);
  });

  it('does not let a newcomer overtake those who wait', async () => {
    const jobs = Array.from({ length: 3 }, job);
    const order: number[] = [];
    const all = jobs.map(({ run }, i) =>
      enqueue(() => {
        order.push(i);
        return run();
      }),
    );
    jobs[0]!.finish();
    const late = enqueue(async () => void order.push(9));
    for (const { finish } of jobs) finish();
    await Promise.all([...all, late]);
    expect(order).toEqual([0, 1, 2, 9]);
  });

  it('hands its place on when a job fails, at once or later', async () => {
    const [failing, next] = [job(), job()];
    const [first, thrown] = [
      enqueue(failing.run),
      enqueue(() => {
        throw new Error('at once');
      }),
    ];
    const last = [enqueue(next.run), enqueue(async () => 7)];
    failing.finish(new Error('later'));
    next.finish();
    await expect(first).rejects.toThrow('later');
    await expect(thrown).rejects.toThrow('at once');
    expect(await Promise.all(last)).toEqual([undefined, 7]);
  });

  it('drops those who are aborted while they wait, and only them', async () => {
    const busy = [job(), job()];
    const running = busy.map(({ run }) => enqueue(run));
    const [aborted, kept] = [new AbortController(), new AbortController()];
    const order: string[] = [];
    const dropped = enqueue(async () => void order.push('dropped'), aborted.signal);
    const waiting = ['a', 'b'].map((name) => enqueue(async () => void order.push(name), kept.signal));
    const reason = new Error('enough');
    aborted.abort(reason);
    await expect(dropped).rejects.toBe(reason);
    for (const { finish } of busy) finish();
    await Promise.all([...running, ...waiting]);
    expect(order).toEqual(['a', 'b']);
    kept.abort();
  });

  it('never begins what was aborted before', async () => {
    const { run, state } = job();
    await expect(enqueue(run, AbortSignal.abort())).rejects.toThrow();
    expect(state.begun).toBe(false);
    expect(await enqueue(async () => 'free')).toBe('free');
  });
});
