/**
 * Texts to how likely each token was put there in place of another: what ELECTRA's discriminator learns (Clark et al.
 * 2020, arXiv:2003.10555).
 */
import { checkOptions } from '../../options.js';
import { sigmoid } from '../cross-encoder/activation-fn.js';
import { namedHead } from '../run/head-model.js';
import { readTaskTexts, runTexts, type Task, type TaskCallOptions, taskCallOptionNames } from './task.js';

/** A token of a text. */
export interface TokenOrigin {
  /** As it stands in the vocabulary. */
  readonly word: string;
  /** How likely it is that it replaced another, from 0 to 1. */
  readonly score: number;
  /** Its place among the text's tokens; special ones count, but are not listed. */
  readonly index: number;
  /** Where it stands: `text.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** The tokens of a text, in order; of a list of texts, a list for each. */
export interface ReplacedTokenDetection {
  (text: string, options?: TaskCallOptions): Promise<TokenOrigin[]>;
  (texts: readonly string[], options?: TaskCallOptions): Promise<TokenOrigin[][]>;
}

const task = 'replaced-token-detection';

export const replacedTokenDetection: Task<ReplacedTokenDetection> = {
  head: namedHead('ForPreTraining', ({ tokens }) => tokens),
  create(model) {
    const { tokenizer } = model;
    async function detect(input: unknown, options: TaskCallOptions = {}) {
      checkOptions(task, options, taskCallOptionNames);
      const { texts, alone } = readTaskTexts(task, input);
      const results: TokenOrigin[][] = [];
      const name = (index: number) => `${task}: text ${index}`;
      await runTexts(model, texts, options, { name }, (index, logits, { encoding }) => {
        const { ids, offsets, specialTokensMask } = encoding;
        results[index] = Array.from(ids, (id, place) => {
          const [start, end] = offsets[place]!;
          const score = sigmoid(logits[place] ?? Number.NaN);
          return { word: tokenizer.idToToken(id) ?? '', score, index: place, start, end };
        }).filter((token) => specialTokensMask[token.index] === 0);
      });
      return alone ? results[0] : results;
    }
    return detect as ReplacedTokenDetection;
  },
};
