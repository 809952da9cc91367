/** Texts, or pairs of texts, to labels. The rules are transformers' TextClassificationPipeline's. */
import { UsageError } from '../../errors.js';
import type { JsonFile } from '../../json-file.js';
import { checkOptions, describeValue } from '../../options.js';
import { sigmoid, softmax } from '../cross-encoder/activation-fn.js';
import { namedHead } from '../run/head-model.js';
import { bestOf, labelsOf } from './labels.js';
import {
  readTaskTexts,
  runTexts,
  type Task,
  type TaskCallOptions,
  type TaskInput,
  taskCallOptionNames,
} from './task.js';

/** A text, or two that are read together. */
export type ClassifiableText = string | { readonly text: string; readonly textPair: string };

/** Options of a call of `text-classification`. */
export interface TextClassificationOptions extends TaskCallOptions {
  /** How many of the best labels to return. Default all. */
  readonly topK?: number | undefined;
  /**
   * What makes scores of logits. Default: none if config.json's `problem_type` is `regression`; sigmoid if it is
   * `multi_label_classification` or there is one label; else softmax.
   */
  readonly functionToApply?: 'softmax' | 'sigmoid' | 'none' | undefined;
}

/** A label and how likely it is. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** Labels of a text, best first; of a list of texts, a list for each. */
export interface TextClassification {
  (text: ClassifiableText, options?: TextClassificationOptions): Promise<LabelScore[]>;
  (texts: readonly ClassifiableText[], options?: TextClassificationOptions): Promise<LabelScore[][]>;
}

const task = 'text-classification';

const functions: Readonly<Record<string, (logits: Float32Array) => ArrayLike<number>>> = {
  softmax,
  sigmoid: (logits) => Array.from(logits, sigmoid),
  none: (logits) => logits,
};

export const textClassification: Task<TextClassification> = {
  head: namedHead('ForSequenceClassification', ({ sequences }) => sequences),
  create(model) {
    const labels = labelsOf(model.config, model.widths[0] ?? 1);
    const usual = defaultFunction(model.config, labels.length);
    async function classify(input: unknown, options: TextClassificationOptions = {}) {
      checkOptions(task, options, [...taskCallOptionNames, 'topK', 'functionToApply']);
      const { topK, functionToApply = usual } = options;
      const apply = Object.hasOwn(functions, functionToApply) ? functions[functionToApply] : undefined;
      if (!apply) {
        const found = describeValue(functionToApply);
        throw new UsageError(`${task}: functionToApply must be ${Object.keys(functions).join(', ')}, got ${found}`);
      }
      const { texts, alone } = readTaskTexts(task, input, textsOrPairs);
      const results: LabelScore[][] = [];
      await runTexts(model, texts, options, { name: (index) => `${task}: text ${index}` }, (index, logits) => {
        const scores = apply(logits);
        const best = bestOf(scores, topK);
        results[index] = best.map((i) => ({ label: labels[i] ?? '', score: scores[i] ?? Number.NaN }));
      });
      return alone ? results[0] : results;
    }
    return classify as TextClassification;
  },
};

function defaultFunction(config: JsonFile, labels: number): string {
  const problem = config.string('problem_type', '');
  if (problem === 'regression') return 'none';
  return problem === 'multi_label_classification' || labels === 1 ? 'sigmoid' : 'softmax';
}

const textsOrPairs: TaskInput = {
  takes: 'a text, { text, textPair } or a list of them',
  read(value) {
    if (typeof value === 'string') return { text: value };
    const { text, textPair } = Object(value);
    return typeof text === 'string' && typeof textPair === 'string' ? { text, pair: textPair } : undefined;
  },
};
