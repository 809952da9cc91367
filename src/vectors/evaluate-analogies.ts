/** The analogy test of Mikolov et al. (2013): a is to b as c is to what? */
import { readFile } from 'node:fs/promises';
import { UsageError, WeightsError } from '../errors.js';
import { checkOptions } from '../options.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { unit, weightedMean } from './unit.js';

/** How {@link KeyedVectors.evaluateWordAnalogies} counts. */
export interface AnalogyOptions {
  /** Looks among the first words only. Default: 300,000, as gensim. */
  restrictVocab?: number | undefined;
  /** Takes words in any case for the same; of several the first counts. Default: true. */
  caseInsensitive?: boolean | undefined;
  /** Counts questions with unknown words as wrong instead of leaving them out. Default: false. */
  dummy4unknown?: boolean | undefined;
}

/** The questions of one section of the file. */
export interface AnalogySection {
  readonly section: string;
  /** Questions, as `[a, b, c, expected]`. */
  readonly correct: readonly (readonly string[])[];
  readonly incorrect: readonly (readonly string[])[];
}

/** What {@link KeyedVectors.evaluateWordAnalogies} found. */
export interface AnalogyResult {
  /** Right answers of all that were asked. */
  readonly accuracy: number;
  readonly sections: readonly AnalogySection[];
  /** Questions left out for an unknown word. */
  readonly skipped: number;
}

interface Question {
  readonly words: readonly string[];
  readonly places: readonly number[];
  readonly section: { correct: (readonly string[])[]; incorrect: (readonly string[])[] };
}

/** As many candidates as gensim looks through, and the three words of the question, which do not count. */
const candidates = 5 + 3;

export async function evaluateWordAnalogies(
  vectors: KeyedVectors,
  file: string,
  options: AnalogyOptions,
): Promise<AnalogyResult> {
  checkOptions('evaluateWordAnalogies', options, ['restrictVocab', 'caseInsensitive', 'dummy4unknown']);
  const restrictVocab = Math.min(options.restrictVocab ?? 300_000, vectors.size);
  const fold = options.caseInsensitive === false ? (word: string) => word : (word: string) => word.toUpperCase();
  const known = new Map<string, number>();
  for (const [place, word] of vectors.words(0, restrictVocab).entries()) {
    if (!known.has(fold(word))) known.set(fold(word), place);
  }
  const sections: { section: string; correct: (readonly string[])[]; incorrect: (readonly string[])[] }[] = [];
  const questions: Question[] = [];
  let skipped = 0;
  for (const line of await readLines(file)) {
    if (line.startsWith(': ')) {
      sections.push({ section: line.slice(2).trim(), correct: [], incorrect: [] });
      continue;
    }
    const words = line.trim().split(/\s+/).map(fold);
    if (words.length !== 4) continue;
    const section = sections.at(-1);
    if (!section) throw new WeightsError(`${file}: does not begin with a section, ": name"`);
    const places = words.map((word) => known.get(word) ?? -1);
    if (!places.includes(-1)) questions.push({ words, places, section });
    else if (options.dummy4unknown) section.incorrect.push(words);
    else skipped += 1;
  }
  if (sections.length === 0) throw new UsageError(`${file}: has no section, ": name"; is it a file of analogies?`);
  for (let begin = 0; begin < questions.length; begin += 1024) {
    await answer(vectors, questions.slice(begin, begin + 1024), restrictVocab, fold, known);
  }
  const correct = sections.flatMap((section) => section.correct);
  const incorrect = sections.flatMap((section) => section.incorrect);
  const asked = correct.length + incorrect.length;
  return { accuracy: asked > 0 ? correct.length / asked : 0, sections, skipped };
}

async function answer(
  vectors: KeyedVectors,
  questions: readonly Question[],
  restrictVocab: number,
  fold: (word: string) => string,
  known: ReadonlyMap<string, number>,
): Promise<void> {
  const queries = questions.map(({ places }) => {
    const [a, b, c] = places.slice(0, 3).map((place) => unit(vectors.rows([place])));
    return weightedMean([b!, c!, a!], [1, 1, -1]);
  });
  const found = await vectors.nearest(queries, { topn: candidates, restrictVocab });
  for (const [i, { words, section, places }] of questions.entries()) {
    const asked = words.slice(0, 3);
    // The words of the question themselves are no candidates; of the next five the first in another case than theirs counts.
    const others = found[i]!.filter(([word]) => !places.slice(0, 3).includes(vectors.indexOf(word))).slice(0, 5);
    const predicted = others.map(([word]) => fold(word)).find((word) => known.has(word) && !asked.includes(word));
    (predicted === words[3] ? section.correct : section.incorrect).push(words);
  }
}

/** @throws WeightsError if it cannot be read. */
export async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WeightsError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  });
  return text.split('\n');
}
