/** Checks of the options that trainers and writers of word vectors take. */
import { UsageError } from '../errors.js';
import { describeValue } from '../options.js';

/** Checks of a call's options. */
export interface Checks {
  refuse(problem: string): never;
  whole(name: string, value: unknown, least: number, most: number): void;
  number(name: string, value: unknown, least: number): void;
}

export function checks(call: string): Checks {
  const refuse = (problem: string): never => {
    throw new UsageError(`${call}: ${problem}`);
  };
  return {
    refuse,
    whole(name, value, least, most) {
      if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
      refuse(`${name} must be a whole number from ${least} to ${most}, got ${describeValue(value)}`);
    },
    number(name, value, least) {
      if (typeof value === 'number' && Number.isFinite(value) && value >= least) return;
      const bound = least === 0 ? ' from 0' : least > 0 ? ' above 0' : '';
      refuse(`${name} must be a number${bound}, got ${describeValue(value)}`);
    },
  };
}

/** Options as they were given; those that are undefined count as not given. */
export function withoutUndefined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
