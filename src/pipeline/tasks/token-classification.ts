/**
 * Texts to a label for each token, or to spans of like labels: named entities, parts of speech. The rules are transformers'
 * TokenClassificationPipeline's.
 */
import { UsageError } from '../../errors.js';
import { checkOptions, describeValue } from '../../options.js';
import type { Encoding } from '../../tokenizers/encoding.js';
import { softmax } from '../cross-encoder/activation-fn.js';
import { specialTokenId } from '../folder/special-token.js';
import { type HeadModel, namedHead } from '../run/head-model.js';
import { type Entity, groupEntities, inOrder, type LabelledToken, wordEntities } from './entities.js';
import { labelsOf } from './labels.js';
import { readTaskTexts, runParts, type Task, type TaskCallOptions, taskCallOptionNames, tooLong } from './task.js';

/**
 * How tokens become entities. `none`: each token by itself. `simple`: neighbours of one label, by B- and I-. The others first
 * give each word one label: that of its first token, of the mean of its tokens' scores, or of the token with the largest score.
 */
export type AggregationStrategy = 'none' | 'simple' | 'first' | 'average' | 'max';
const strategies: readonly AggregationStrategy[] = ['none', 'simple', 'first', 'average', 'max'];

/** Options of a call of `token-classification`. */
export interface TokenClassificationOptions extends TaskCallOptions {
  /** Default `none`. */
  readonly aggregationStrategy?: AggregationStrategy | undefined;
  /** Labels to leave out. Default `["O"]`. */
  readonly ignoreLabels?: readonly string[] | undefined;
  /**
   * Reads a text that is longer than the model reads in parts that share so many tokens; of entities that overlap the longest
   * stays. Default: such a text is an error, or cut with `truncation`.
   */
  readonly stride?: number | undefined;
}

/** A token with its label (`aggregationStrategy: 'none'`). */
export interface TokenLabel {
  readonly entity: string;
  readonly score: number;
  /** Its place among the text's tokens. */
  readonly index: number;
  /** As it stands in the vocabulary. */
  readonly word: string;
  /** Where it stands: `text.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** Neighbouring tokens with one label. */
export interface EntityGroup {
  /** The label without `B-` or `I-`. */
  readonly entityGroup: string;
  readonly score: number;
  /** What the tokens stand for; the exact words are `text.slice(start, end)`. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Entities of a text in order; of a list of texts, a list for each. */
export interface TokenClassification {
  (
    text: string,
    options?: TokenClassificationOptions & { aggregationStrategy?: 'none' | undefined },
  ): Promise<TokenLabel[]>;
  (
    texts: readonly string[],
    options?: TokenClassificationOptions & { aggregationStrategy?: 'none' | undefined },
  ): Promise<TokenLabel[][]>;
  (text: string, options: TokenClassificationOptions): Promise<EntityGroup[]>;
  (texts: readonly string[], options: TokenClassificationOptions): Promise<EntityGroup[][]>;
}

const task = 'token-classification';

export const tokenClassification: Task<TokenClassification> = {
  head: namedHead('ForTokenClassification', ({ tokens }) => tokens),
  async create(model) {
    const labels = labelsOf(model.config, model.widths[0] ?? 1);
    const unknown = await specialTokenId(model.folder, model.tokenizer, 'unk_token');
    const toText = (tokens: readonly string[]) => model.tokenizer.tokensToText(tokens);
    async function classify(input: unknown, options: TokenClassificationOptions = {}) {
      checkOptions(task, options, [...taskCallOptionNames, 'aggregationStrategy', 'ignoreLabels', 'stride']);
      const { aggregationStrategy: strategy = 'none', ignoreLabels = ['O'] } = options;
      if (!strategies.includes(strategy)) {
        const known = strategies.join(', ');
        throw new UsageError(`${task}: aggregationStrategy must be ${known}, got ${describeValue(strategy)}`);
      }
      const { texts, alone } = readTaskTexts(task, input);
      const parts = texts.map(({ text }, index) => partsOfText(model, text, `${task}: text ${index}`, options));
      const found = parts.map((encodings): Entity[][] => encodings.map(() => []));
      await runParts(model, parts, options, (index, part, [logits]) => {
        const tokens = labelledTokens(parts[index]![part]!, logits!, {
          labels,
          unknown,
          text: texts[index]!.text,
          model,
        });
        const entities =
          strategy === 'none' ? tokens : groupEntities(wordEntities(tokens, strategy, labels, toText), toText);
        found[index]![part] = entities.filter(({ label }) => !ignoreLabels.includes(label));
      });
      const results = found.map((lists) => {
        const entities = lists.length > 1 ? inOrder(lists.flat()) : lists.flat();
        return entities.map(({ label, score, index, word, start, end }) =>
          strategy === 'none'
            ? { entity: label, score, index, word, start, end }
            : { entityGroup: label, score, word, start, end },
        );
      });
      return alone ? results[0] : results;
    }
    return classify as TokenClassification;
  },
};

/** A text as one sequence, or as parts that overlap by `stride`. */
function partsOfText(model: HeadModel, text: string, name: string, options: TokenClassificationOptions): Encoding[] {
  const { tokenizer, maxSeqLength: maxLength } = model;
  const { stride, truncation = false } = options;
  if (stride === undefined && !truncation) {
    const encoding = tokenizer.encode(text);
    if (encoding.ids.length > maxLength) throw tooLong(model, name, encoding, ', read it in parts with stride');
    return [encoding];
  }
  const encoding = tokenizer.encode(text, { truncation: true, maxLength, stride });
  return stride === undefined ? [encoding] : [encoding, ...encoding.overflowing];
}

interface Labelling {
  readonly labels: readonly string[];
  readonly unknown: number | undefined;
  readonly text: string;
  readonly model: HeadModel;
}

/** Every token but special ones, with its scores, and whether it goes on with the word before it. */
function labelledTokens(
  encoding: Encoding,
  logits: Float32Array,
  { labels, unknown, text, model: { tokenizer } }: Labelling,
): LabelledToken[] {
  const { ids, offsets, specialTokensMask } = encoding;
  const prefix = tokenizer.continuingSubwordPrefix;
  const count = labels.length;
  const tokens: LabelledToken[] = [];
  for (const [index, id] of ids.entries()) {
    if (specialTokensMask[index]) continue;
    const [start, end] = offsets[index]!;
    const scores = softmax(logits.subarray(index * count, (index + 1) * count));
    const best = scores.indexOf(Math.max(...scores));
    const own = text.slice(start, end);
    const isUnknown = id === unknown;
    const word = isUnknown ? own : (tokenizer.idToToken(id) ?? '');
    // without a prefix that tells, a token that no space stands before or at goes on
    const goesOn = prefix
      ? [...word].length !== [...own].length
      : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
    const goesOnFromWord = goesOn && !isUnknown;
    tokens.push({
      label: labels[best]!,
      score: scores[best]!,
      scores,
      index,
      word,
      start,
      end,
      goesOn: goesOnFromWord,
    });
  }
  return tokens;
}
