/** Texts of known lengths, the same from the same seed. */
import { normal, seededRandom } from './statistics.js';

/** Lengths in tokens: log-normal with this median, cut to `min`…`max`. */
export interface LengthDistribution {
  readonly count: number;
  readonly median: number;
  readonly sigma: number;
  readonly min: number;
  readonly max: number;
  readonly seed: number;
}

/** A request as services get them: 256 sentences, most of them short, a few long. */
export const mixedSentences: LengthDistribution = { count: 256, median: 20, sigma: 0.6, min: 4, max: 128, seed: 20 };

export function logNormalLengths({ count, median, sigma, min, max, seed }: LengthDistribution): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const length = Math.round(median * Math.exp(sigma * normal(random)));
    return Math.min(max, Math.max(min, length));
  });
}

/** A text and its token ids, special tokens included. */
export interface MeasuredText {
  readonly text: string;
  readonly ids: ArrayLike<number>;
}

/** Starts tried before a length counts as impossible: with one or two pieces a word nearly every start works. */
const mostTries = 1000;

/**
 * Texts of exactly the wanted lengths, cut from `words` at word boundaries; the words repeat if a length needs more than
 * there are. Tokenizers split at white space first, so the counts of single words nearly add up.
 * @param tokenize ids with special tokens, nothing cut
 * @throws RangeError for a length this tokenizer gives no text of, such as one below its special tokens.
 */
export function textsOfLengths(
  tokenize: (text: string) => ArrayLike<number>,
  words: readonly string[],
  lengths: readonly number[],
  seed: number,
): MeasuredText[] {
  const specials = tokenize('').length;
  const sizes = new Map<string, number>();
  const word = (index: number) => words[index % words.length] ?? '';
  const size = (text: string) => {
    const known = sizes.get(text) ?? tokenize(text).length - specials;
    sizes.set(text, known);
    return known;
  };
  const random = seededRandom(seed);
  return lengths.map((length) => {
    for (let attempt = 0; attempt < mostTries; attempt++) {
      const begin = Math.floor(random() * words.length);
      let end = begin;
      let total = specials;
      while (total < length) total += size(word(end++));
      if (total !== length) continue; // the last word has too many pieces; start elsewhere
      const text = Array.from({ length: end - begin }, (_, i) => word(begin + i)).join(' ');
      const ids = tokenize(text);
      if (ids.length === length) return { text, ids };
    }
    throw new RangeError(`no text of exactly ${length} tokens found (${specials} of them special)`);
  });
}
