/** Listings of deep models: what repeats, layer after layer, is shown once. */

/** Lines of a listing, and how many times they stand there one after another. */
export interface Fold {
  readonly lines: readonly string[];
  readonly times: number;
}

/** Fewer saved lines are not worth the reader's thought. */
const leastSaved = 4;

/**
 * Cuts a listing as `Graph.toString` makes it where it repeats. Lines are alike if they do the same to results that stand
 * as many lines before them; constants may differ. Of a fold the first copy's lines are given.
 */
export function foldRepeats(listing: string): Fold[] {
  const lines = listing.split('\n');
  const madeAt = new Map(lines.map((line, index) => [line.split(' ', 1)[0], index]));
  const likeness = lines.map((line, index) => {
    const [, call = ''] = line.split(/ = (.*)/);
    return call
      .replaceAll(/%\d+/g, (name) => `${index - (madeAt.get(name) ?? 0)} before`)
      .replaceAll(/const\d+/g, 'const');
  });
  const folds = (begin: number, end: number): Fold[] => {
    const best = longestRepeat(likeness, begin, end);
    if (!best) return begin === end ? [] : [{ lines: lines.slice(begin, end), times: 1 }];
    const { from, period, times } = best;
    return [
      ...folds(begin, from),
      { lines: lines.slice(from, from + period), times },
      ...folds(from + period * times, end),
    ];
  };
  return folds(0, lines.length);
}

/**
 * The repeat that saves most lines. Of several the last and then the shortest: what stands before a stack of layers may
 * look like a layer's end, and then each layer would seem to begin there.
 */
function longestRepeat(lines: readonly string[], begin: number, end: number) {
  let best: { from: number; period: number; times: number } | undefined;
  let saved = leastSaved;
  for (let from = begin; from < end; from++) {
    for (let period = Math.floor((end - from) / 2); period > 0; period--) {
      let same = 0;
      while (from + period + same < end && lines[from + same] === lines[from + period + same]) same++;
      const times = 1 + Math.floor(same / period);
      if ((times - 1) * period < saved) continue;
      saved = (times - 1) * period;
      best = { from, period, times };
    }
  }
  return best;
}
