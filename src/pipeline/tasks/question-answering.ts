/**
 * A question and a context to the spans of the context that may answer it. The rules are those of transformers'
 * QuestionAnsweringPipeline (up to 4.57, the last that has it).
 */
import { UsageError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import type { Encoding } from '../../tokenizers/encoding.js';
import { softmax } from '../cross-encoder/activation-fn.js';
import { specialTokenId } from '../folder/special-token.js';
import { namedHead } from '../run/head-model.js';
import {
  readTaskTexts,
  runParts,
  type Task,
  type TaskCallOptions,
  type TaskInput,
  taskCallOptionNames,
} from './task.js';

/** What is asked, and where the answer may stand. */
export interface Question {
  readonly question: string;
  readonly context: string;
}

/** Options of a call of `question-answering`. A long context is always read in parts: there is no `truncation`. */
export interface QuestionAnsweringOptions extends Omit<TaskCallOptions, 'truncation'> {
  /** How many of the best answers to return. Default 1. */
  readonly topK?: number | undefined;
  /** Most tokens of an answer. Default 15. */
  readonly maxAnswerLength?: number | undefined;
  /** Offer the empty answer too, with the score of there being none (SQuAD 2). Default false. */
  readonly handleImpossibleAnswer?: boolean | undefined;
  /** Answers begin and end with whole words. Default true. */
  readonly alignToWords?: boolean | undefined;
  /** Most tokens of a part, question and special tokens included. Default: what the model reads, at most 384. */
  readonly maxLength?: number | undefined;
  /** Tokens that neighbouring parts share. Default 128, at most half of `maxLength`. */
  readonly stride?: number | undefined;
}

/** A span of the context. */
export interface Answer {
  /** Probability of its beginning times that of its end; the sum over spans with the same words. */
  readonly score: number;
  /** Where it stands: `context.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly answer: string;
}

/** Answers, best first; of a list of questions, a list for each. */
export interface QuestionAnswering {
  (question: Question, options?: QuestionAnsweringOptions): Promise<Answer[]>;
  (questions: readonly Question[], options?: QuestionAnsweringOptions): Promise<Answer[][]>;
}

const task = 'question-answering';
const optionNames = [
  ...taskCallOptionNames.filter((name) => name !== 'truncation'),
  ...(['topK', 'maxAnswerLength', 'handleImpossibleAnswer', 'alignToWords', 'maxLength', 'stride'] as const),
];

export const questionAnswering: Task<QuestionAnswering> = {
  head: namedHead('ForQuestionAnswering', ({ tokens: { startLogits, endLogits } }) => ({
    startLogits: startLogits!,
    endLogits: endLogits!,
  })),
  async create(model) {
    const { tokenizer, maxSeqLength } = model;
    const cls = await specialTokenId(model.folder, tokenizer, 'cls_token');
    async function answer(input: unknown, options: QuestionAnsweringOptions = {}) {
      checkOptions(task, options, optionNames);
      const { maxLength = Math.min(maxSeqLength, 384), topK = 1, alignToWords = true } = options;
      if (!(maxLength <= maxSeqLength)) {
        throw new UsageError(
          `${task}: maxLength must be at most ${maxSeqLength}, what this model reads; got ${maxLength}`,
        );
      }
      const { stride = Math.min(maxLength >> 1, 128) } = options;
      const { texts, alone } = readTaskTexts(task, input, questions);
      const parts = texts.map(({ text, pair }) => {
        const encoding = tokenizer.encode(text, { pair, truncation: 'only_second', maxLength, stride });
        return [encoding, ...encoding.overflowing];
      });
      const found = parts.map((encodings): PartSpans[] => encodings.map(() => ({ none: Infinity, spans: [] })));
      const spanOptions = { most: alignToWords ? 2 * topK + 10 : topK, longest: options.maxAnswerLength ?? 15, cls };
      await runParts(model, parts, { ...options, truncation: undefined }, (index, part, [start, end]) => {
        found[index]![part] = bestSpans(parts[index]![part]!, start!, end!, spanOptions);
      });
      const results = found.map((lists, index) => {
        const answers: Answer[] = [];
        for (const [part, { spans }] of lists.entries()) {
          for (const span of spans) addAnswer(answers, parts[index]![part]!, span, texts[index]!.pair!, alignToWords);
        }
        if (options.handleImpossibleAnswer) {
          answers.push({ score: Math.min(...lists.map(({ none }) => none)), start: 0, end: 0, answer: '' });
        }
        return answers.sort((a, b) => b.score - a.score).slice(0, topK);
      });
      return alone ? results[0] : results;
    }
    return answer as QuestionAnswering;
  },
};

interface Span {
  /** Its first and last token. */
  readonly begin: number;
  readonly end: number;
  readonly score: number;
}

interface PartSpans {
  readonly spans: readonly Span[];
  /** The score of there being no answer: both begin and end at the first token. */
  readonly none: number;
}

/** The likeliest spans of a part's context, and of no answer. */
function bestSpans(
  { ids, sequenceIds }: Encoding,
  startLogits: Float32Array,
  endLogits: Float32Array,
  { most, longest, cls }: { most: number; longest: number; cls: number | undefined },
): PartSpans {
  // the classifier's token stands for "no answer"
  const may = sequenceIds.map((side, i) => side === 1 || ids[i] === cls);
  const probabilities = (logits: Float32Array) => softmax(logits.map((logit, i) => (may[i] ? logit : -10000)));
  const [starts, ends] = [probabilities(startLogits), probabilities(endLogits)];
  const none = starts[0]! * ends[0]!;
  starts[0] = 0;
  ends[0] = 0;
  const spans: Span[] = [];
  for (const [begin, start] of starts.entries()) {
    if (!may[begin]) continue;
    for (let end = begin; end < Math.min(begin + longest, ends.length); end++) {
      const score = start * ends[end]!;
      if (may[end] && score > 0) spans.push({ begin, end, score });
    }
  }
  return { none, spans: spans.sort((a, b) => b.score - a.score).slice(0, most) };
}

/** Adds a span's answer, or its score to that of the same words found before, in capitals or not. */
function addAnswer(answers: Answer[], encoding: Encoding, span: Span, context: string, alignToWords: boolean): void {
  const { start, end } = charactersOf(encoding, span, alignToWords);
  const answer = context.slice(start, end);
  const known = answers.findIndex((other) => other.answer.toLowerCase() === answer.toLowerCase());
  if (known < 0) answers.push({ score: span.score, start, end, answer });
  else answers[known] = { ...answers[known]!, score: answers[known]!.score + span.score };
}

function charactersOf({ offsets, wordIds, sequenceIds }: Encoding, { begin, end }: Span, alignToWords: boolean) {
  let [first, last] = [begin, end];
  const same = (a: number, b: number) => wordIds[a] === wordIds[b] && sequenceIds[a] === sequenceIds[b];
  if (alignToWords && wordIds[begin] != null && wordIds[end] != null) {
    while (first > 0 && same(first - 1, begin)) first--;
    while (last + 1 < offsets.length && same(last + 1, end)) last++;
  }
  return { start: offsets[first]![0], end: offsets[last]![1] };
}

const questions: TaskInput = {
  takes: '{ question, context } or a list of them, both texts',
  read(value) {
    const { question, context } = Object(value);
    return typeof question === 'string' && typeof context === 'string' ? { text: question, pair: context } : undefined;
  },
};
