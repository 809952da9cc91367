/**
 * Texts to labels that the caller makes up, by a model of natural language inference: does the text entail "This example
 * is X."? The rules are transformers' ZeroShotClassificationPipeline's.
 */
import { UsageError } from '../../errors.js';
import type { JsonFile } from '../../json-file.js';
import { checkOptions, describeValue } from '../../options.js';
import { softmax } from '../cross-encoder/activation-fn.js';
import { namedHead } from '../run/head-model.js';
import { bestOf, labelsOf } from './labels.js';
import { readTaskTexts, runTexts, type Task, type TaskCallOptions, taskCallOptionNames } from './task.js';

/** Options of a call of `zero-shot-classification`. */
export interface ZeroShotClassificationOptions extends TaskCallOptions {
  /** What is asked about a label, which stands for `{}`. Default `This example is {}.` */
  readonly hypothesisTemplate?: string | undefined;
  /** Several labels may be true: each is scored by itself, entailment against contradiction. Default false. */
  readonly multiLabel?: boolean | undefined;
}

/** The labels of a text, best first, with a score for each. */
export interface ZeroShotResult {
  readonly sequence: string;
  readonly labels: readonly string[];
  readonly scores: readonly number[];
}

/** Scores labels for a text, or for each of a list of texts. `truncation` cuts the text, never a hypothesis. */
export interface ZeroShotClassification {
  (text: string, candidateLabels: readonly string[], options?: ZeroShotClassificationOptions): Promise<ZeroShotResult>;
  (
    texts: readonly string[],
    candidateLabels: readonly string[],
    options?: ZeroShotClassificationOptions,
  ): Promise<ZeroShotResult[]>;
}

const task = 'zero-shot-classification';

export const zeroShotClassification: Task<ZeroShotClassification> = {
  head: namedHead('ForSequenceClassification', ({ sequences }) => sequences),
  create(model) {
    const count = model.widths[0] ?? 1;
    const entailment = entailmentOf(model.config, count);
    const contradiction = entailment === 0 ? count - 1 : 0;
    async function classify(input: unknown, candidateLabels: unknown, options: ZeroShotClassificationOptions = {}) {
      checkOptions(task, options, [...taskCallOptionNames, 'hypothesisTemplate', 'multiLabel']);
      const labels = readLabels(candidateLabels);
      const hypotheses = labels.map(hypothesisOf(options.hypothesisTemplate ?? 'This example is {}.'));
      const independent = options.multiLabel === true || labels.length === 1;
      const { texts, alone } = readTaskTexts(task, input);
      const pairs = texts.flatMap(({ text }) => hypotheses.map((pair) => ({ text, pair })));
      const name = (index: number) => `${task}: text ${Math.floor(index / labels.length)} with its hypothesis`;
      const logits: Float32Array[] = [];
      await runTexts(model, pairs, options, { name, strategy: 'only_first' }, (index, row) => {
        logits[index] = row;
      });
      const results = texts.map(({ text: sequence }, t): ZeroShotResult => {
        const rows = logits.slice(t * labels.length, (t + 1) * labels.length);
        const entailed = rows.map((row) => row[entailment] ?? Number.NaN);
        const against = rows.map((row) => row[contradiction] ?? Number.NaN);
        const scores = independent
          ? entailed.map((logit, l) => softmax([against[l] ?? 0, logit])[1] ?? Number.NaN)
          : softmax(entailed);
        const best = bestOf(scores);
        return {
          sequence,
          labels: best.map((l) => labels[l] ?? ''),
          scores: best.map((l) => scores[l] ?? Number.NaN),
        };
      });
      return alone ? results[0] : results;
    }
    return classify as ZeroShotClassification;
  },
};

/** The logit that says a hypothesis follows: the first label whose name begins with "entail". */
function entailmentOf(config: JsonFile, count: number): number {
  const found = labelsOf(config, count).findIndex((label) => label.toLowerCase().startsWith('entail'));
  if (found >= 0 && count > 1) return found;
  const wanted = 'must name several labels, one of which begins with "entail"';
  throw config.error('id2label', `${wanted}; ${task} needs a model of natural language inference`);
}

function hypothesisOf(template: string): (label: string) => string {
  const [before = '', after, ...more] = template.split('{}');
  if (after !== undefined && more.length === 0) return (label) => `${before}${label}${after}`;
  const found = describeValue(template);
  throw new UsageError(`${task}: hypothesisTemplate must hold {} once, where a label goes, got ${found}`);
}

function readLabels(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new UsageError(`${task} takes a list of candidate labels, got ${describeValue(value)}`);
  }
  return Array.from(value, (label: unknown, i) => {
    if (typeof label === 'string') return label;
    throw new UsageError(`${task}: candidate label ${i} is not a string, got ${describeValue(label)}`);
  });
}
