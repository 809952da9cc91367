/** One row a sequence, by sentence-transformers' rules as docs/operations.md states them. */
type Numbers = ArrayLike<number>;

const least = 1e-9;

export function pool(
  x: Numbers,
  d: number,
  offsets: Numbers,
  mode: string,
  start?: Numbers,
  weights?: Numbers,
): Float64Array {
  const sequences = offsets.length - 1;
  const y = new Float64Array(sequences * d);
  for (let s = 0; s < sequences; s++) {
    const begin = offsets[s]!;
    const length = offsets[s + 1]! - begin;
    const skipped = Math.min(start ? start[s]! : 0, length);
    for (let c = 0; c < d; c++) {
      const column = Array.from({ length }, (_, t) => x[(begin + t) * d + c]!);
      y[s * d + c] = weights
        ? weighted(
            column,
            Array.from({ length }, (_, t) => weights[begin + t]!),
            skipped,
            mode,
          )
        : pooled(column, skipped, mode);
    }
  }
  return y;
}

function weighted(column: readonly number[], weights: readonly number[], skipped: number, mode: string): number {
  let [sum, whole] = [0, 0];
  for (let t = skipped; t < column.length; t++) {
    sum += column[t]! * weights[t]!;
    whole += weights[t]!;
  }
  return sum / (mode === 'mean' ? Math.max(whole, least) : Math.sqrt(Math.max(whole, least)));
}

function pooled(column: readonly number[], skipped: number, mode: string): number {
  const kept = column.slice(skipped);
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  switch (mode) {
    case 'cls':
      return column.length === 0 ? 0 : kept.length === 0 ? column[column.length - 1]! : kept[0]!;
    case 'last':
      return column.length === 0 ? 0 : column[column.length - 1]!;
    case 'max':
      return kept.length === 0 ? -1e9 : Math.max(...kept);
    case 'mean':
      return total(kept) / Math.max(kept.length, least);
    case 'mean_sqrt_len':
      return total(kept) / Math.sqrt(Math.max(kept.length, least));
    case 'weighted_mean': {
      const positions = kept.map((_, t) => skipped + t + 1);
      return total(kept.map((value, t) => value * positions[t]!)) / Math.max(total(positions), least);
    }
    default:
      throw new Error(`no formula for ${mode}`);
  }
}
