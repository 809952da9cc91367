/** Comparisons that say which element is worst and by how much. */
import { expect } from 'vitest';

type Numbers = ArrayLike<number> | ArrayLike<bigint>;

/** Half a unit in the last place of 1 in f32: the relative error of one rounding. */
export const rounding = 2 ** -24;

/** An error each element may have: one for all, or by index. */
export type Allowed = number | ((index: number) => number);

/** Every element within `allowed` of its reference; NaN answers NaN, and an infinity the same infinity. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, allowed: Allowed): void {
  expect(actual.length, 'number of elements').toBe(expected.length);
  let worst = -1;
  let worstExcess = 1;
  for (let i = 0; i < expected.length; i++) {
    const got = actual[i]!;
    const want = expected[i]!;
    if (Object.is(got, want) || got === want) continue;
    const limit = typeof allowed === 'number' ? allowed : allowed(i);
    const excess = Math.abs(got - want) / limit;
    if (excess <= 1) continue;
    if (worst >= 0 && !(excess > worstExcess) && !Number.isNaN(excess)) continue;
    worst = i;
    worstExcess = excess;
  }
  if (worst < 0) return;
  const limit = typeof allowed === 'number' ? allowed : allowed(worst);
  const difference = Math.abs(actual[worst]! - expected[worst]!);
  expect.fail(
    `element ${worst} of ${expected.length} is ${actual[worst]}, the reference ${expected[worst]}: ` +
      `they differ by ${difference}, allowed ${limit}`,
  );
}

/** Every element the same: 0 and -0 differ, NaN equals NaN. */
export function expectSame(actual: Numbers, expected: Numbers, what = 'array'): void {
  expect(actual.length, `elements of ${what}`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      expect.fail(`${what}: element ${i} of ${expected.length} is ${actual[i]}, expected exactly ${expected[i]}`);
    }
  }
}
