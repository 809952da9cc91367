/** How well cosines agree with people's judgement of how alike words are (WordSim-353, SimLex-999). */
import { UsageError } from '../errors.js';
import { checkOptions } from '../options.js';
import { readLines } from './evaluate-analogies.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { dot, unit } from './unit.js';

/** How {@link KeyedVectors.evaluateWordPairs} reads and counts. */
export interface WordPairOptions {
  /** Default: a tab. */
  delimiter?: string | undefined;
  /** Looks among the first words only. Default: 300,000, as gensim. */
  restrictVocab?: number | undefined;
  /** Takes words in any case for the same; of several the first counts. Default: true. */
  caseInsensitive?: boolean | undefined;
  /** Takes the similarity of a pair with an unknown word for 0 instead of leaving it out. Default: false. */
  dummy4unknown?: boolean | undefined;
}

/** Correlations of cosines and judgements. */
export interface WordPairResult {
  readonly pearson: number;
  readonly spearman: number;
  /** Pairs left out for an unknown word, in percent of all. */
  readonly oovPercent: number;
  /** Pairs that count. */
  readonly pairs: number;
}

/** Lines are `word, word, judgement`; lines that begin with # and lines of another form are passed over, as gensim does. */
export async function evaluateWordPairs(
  vectors: KeyedVectors,
  file: string,
  options: WordPairOptions,
): Promise<WordPairResult> {
  checkOptions('evaluateWordPairs', options, ['delimiter', 'restrictVocab', 'caseInsensitive', 'dummy4unknown']);
  const fold = options.caseInsensitive === false ? (word: string) => word : (word: string) => word.toUpperCase();
  const known = new Map<string, number>();
  for (const [place, word] of vectors.words(0, options.restrictVocab ?? 300_000).entries()) {
    if (!known.has(fold(word))) known.set(fold(word), place);
  }
  const judged: number[] = [];
  const cosines: number[] = [];
  let unknown = 0;
  for (const line of await readLines(file)) {
    const fields = line.trim().split(options.delimiter ?? '\t');
    const judgement = Number(fields[2] || Number.NaN);
    if (line.startsWith('#') || fields.length !== 3 || Number.isNaN(judgement)) continue;
    const [a, b] = fields.map((word) => known.get(fold(word)));
    if (a !== undefined && b !== undefined) {
      judged.push(judgement);
      cosines.push(dot(unit(vectors.rows([a])), unit(vectors.rows([b]))));
      continue;
    }
    unknown += 1;
    if (!options.dummy4unknown) continue;
    judged.push(judgement);
    cosines.push(0);
  }
  if (judged.length + unknown === 0)
    throw new UsageError(
      `${file}: has no line "word${options.delimiter ?? '\t'}word${options.delimiter ?? '\t'}number"`,
    );
  const all = options.dummy4unknown ? judged.length : judged.length + unknown;
  return {
    pearson: pearson(judged, cosines),
    spearman: pearson(ranks(judged), ranks(cosines)),
    oovPercent: (100 * unknown) / all,
    pairs: judged.length,
  };
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return unit(values.map((value) => value - mean));
  };
  return x.length > 1 ? dot(centred(x), centred(y)) : Number.NaN;
}

/** Equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let begin = 0, end = 0; begin < order.length; begin = end) {
    while (end < order.length && values[order[end]!] === values[order[begin]!]) end += 1;
    for (let i = begin; i < end; i++) result[order[i]!] = (begin + end - 1) / 2;
  }
  return result;
}
