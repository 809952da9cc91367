/** Texts with a masked token to the tokens that may stand there. The rules are transformers' FillMaskPipeline's. */
import { join } from 'node:path';
import { ConfigError, UsageError } from '../../errors.js';
import { checkOptions, describeValue } from '../../options.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { softmax } from '../cross-encoder/activation-fn.js';
import { specialTokenId } from '../folder/special-token.js';
import { namedHead } from '../run/head-model.js';
import { bestOf } from './labels.js';
import { readTaskTexts, runTexts, type Task, type TaskCallOptions, taskCallOptionNames } from './task.js';

/** Options of a call of `fill-mask`. */
export interface FillMaskOptions extends TaskCallOptions {
  /** How many of the best tokens to return for each mask. Default 5. */
  readonly topK?: number | undefined;
  /** Choose among these tokens of the vocabulary only. Scores stay those among all. */
  readonly targets?: readonly string[] | undefined;
}

/** A token for a mask. */
export interface FilledMask {
  readonly score: number;
  /** Its id. */
  readonly token: number;
  readonly tokenStr: string;
  /** The text with this token in place of the mask; other masks stay. */
  readonly sequence: string;
  /** Which mask: its place among the text's tokens. */
  readonly index: number;
}

/** Tokens for the mask of a text, best first; of several masks, one after another. Of a list of texts, a list for each. */
export interface FillMask {
  (text: string, options?: FillMaskOptions): Promise<FilledMask[]>;
  (texts: readonly string[], options?: FillMaskOptions): Promise<FilledMask[][]>;
}

const task = 'fill-mask';

export const fillMask: Task<FillMask> = {
  head: namedHead('ForMaskedLM', ({ tokens }) => tokens),
  async create(model) {
    const { tokenizer, folder } = model;
    const vocabulary = model.widths[0] ?? 1;
    const mask = await specialTokenId(folder, tokenizer, 'mask_token');
    if (mask === undefined) {
      throw new ConfigError(join(folder, 'tokenizer_config.json'), 'mask_token', `is missing; ${task} needs it`);
    }
    async function fill(input: unknown, options: FillMaskOptions = {}) {
      checkOptions(task, options, [...taskCallOptionNames, 'topK', 'targets']);
      const targets = options.targets && readTargets(options.targets, tokenizer);
      const { texts, alone } = readTaskTexts(task, input);
      const results: FilledMask[][] = [];
      const name = (index: number) => `${task}: text ${index}`;
      await runTexts(model, texts, options, { name }, (index, logits, { inputIds }) => {
        const masks = [...inputIds.keys()].filter((place) => inputIds[place] === mask);
        if (masks.length === 0) throw new UsageError(`${name(index)} has no ${tokenizer.idToToken(mask!)} to fill`);
        results[index] = masks.flatMap((place) => {
          const scores = softmax(logits.subarray(place * vocabulary, (place + 1) * vocabulary));
          return bestTokens(scores, options.topK ?? 5, targets).map((token): FilledMask => {
            const filled = Int32Array.from(inputIds);
            filled[place] = token;
            return {
              score: scores[token] ?? Number.NaN,
              token,
              tokenStr: tokenizer.decode([token], { skipSpecialTokens: false }),
              // other masks are special tokens too, and stay
              sequence: tokenizer.decode(filled, { skipSpecialTokens: masks.length === 1 }),
              index: place,
            };
          });
        });
      });
      return alone ? results[0] : results;
    }
    return fill as FillMask;
  },
};

function bestTokens(scores: Float64Array, count: number, targets: readonly number[] | undefined): readonly number[] {
  if (targets === undefined) return bestOf(scores, count);
  const among = targets.map((token) => scores[token] ?? Number.NaN);
  return bestOf(among, count).map((i) => targets[i] ?? 0);
}

function readTargets(targets: readonly unknown[], tokenizer: Tokenizer): readonly number[] {
  if (targets.length === 0) throw new UsageError(`${task}: targets is empty; leave it out to choose among all tokens`);
  const ids = Array.from(targets, (target, i) => {
    const what = `${task}: targets[${i}] ${describeValue(target)}`;
    if (typeof target !== 'string') throw new UsageError(`${what} is not a string`);
    const id = tokenizer.tokenToId(target);
    if (id !== undefined) return id;
    const { ids: parts } = tokenizer.encode(target, { addSpecialTokens: false });
    const found = Array.from(parts, (part) => tokenizer.idToToken(part)).join(' ');
    throw new UsageError(`${what} is no token of this vocabulary, which reads it as "${found}"`);
  });
  return [...new Set(ids)];
}
