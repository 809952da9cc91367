/** A process may leave while native code works. */
import { expect, it } from 'vitest';
import { type Ended, runChild } from './child.js';

/** `times` runs, two at a time. */
async function leave(way: string, times: number): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (let i = 0; i < times; i += 2) {
    ended.push(...(await Promise.all([i, i + 1].map((run) => runChild('leave', [way, String(run)])))));
  }
  return ended;
}

it.each([
  ['exit', 20, ''],
  ['exit while loading', 20, ''],
  ['end', 6, '60\n'],
  ['dispose and end', 6, '60\n'],
])('%s, %i times: the code is 0', async (way, times, stdout) => {
  for (const ended of await leave(way, times)) expect(ended).toEqual({ code: 0, signal: null, stdout, stderr: '' });
});

it('an error that nobody catches ends the process with 1, not with a signal', async () => {
  for (const { code, signal, stderr } of await leave('throw', 4)) {
    expect([code, signal]).toEqual([1, null]);
    expect(stderr).toContain('thrown on purpose');
  }
});
