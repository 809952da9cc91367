/** Order statistics and a seeded random source: what every figure of a benchmark is made with. */

/** Quantile `p` in 0…1 with linear interpolation between order statistics; NaN of nothing. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * p;
  const below = sorted[Math.floor(position)];
  if (below === undefined) return Number.NaN;
  const above = sorted[Math.floor(position) + 1] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

/** Median and quartiles. */
export interface Summary {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
}

export function summary(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), q1: quantile(values, 0.25), q3: quantile(values, 0.75) };
}

/** The 90 % and 99 % points of single calls, and how many calls they rest on. */
export interface Tail {
  readonly p90: number;
  readonly p99: number;
  readonly calls: number;
}

/**
 * Tails of calls made in several rounds. Each call counts as a multiple of its round's median, so that a machine that was
 * slower in one round does not look like a tail; the result is scaled back by the median of the medians.
 */
export function tailOfRounds(rounds: readonly (readonly number[])[]): Tail {
  const medians = rounds.map((times) => quantile(times, 0.5));
  const multiples = rounds.flatMap((times, round) => times.map((time) => time / (medians[round] ?? Number.NaN)));
  const scale = quantile(medians, 0.5);
  return { p90: scale * quantile(multiples, 0.9), p99: scale * quantile(multiples, 0.99), calls: multiples.length };
}

/** A function giving reproducible numbers in [0, 1) from a 32-bit seed (an xorshift generator). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** A standard normal number from a uniform source (Box–Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
