/** One door to the tasks of transformers, by its names. */
import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';
import { closest } from '../../suggest.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { HeadModel } from '../run/head-model.js';
import { type ComputeOptions, checkComputeOptions } from '../run/load-options.js';
import { type FillMask, fillMask } from './fill-mask.js';
import { type QuestionAnswering, questionAnswering } from './question-answering.js';
import { type ReplacedTokenDetection, replacedTokenDetection } from './replaced-token-detection.js';
import type { Task } from './task.js';
import { type TextClassification, textClassification } from './text-classification.js';
import { type TokenClassification, tokenClassification } from './token-classification.js';
import { type ZeroShotClassification, zeroShotClassification } from './zero-shot-classification.js';

/** What a pipeline is called with, by its task. */
export interface TaskCalls {
  'text-classification': TextClassification;
  'zero-shot-classification': ZeroShotClassification;
  'token-classification': TokenClassification;
  'question-answering': QuestionAnswering;
  'fill-mask': FillMask;
  'replaced-token-detection': ReplacedTokenDetection;
}

/** Options of {@link pipeline}. */
export interface PipelineOptions extends ComputeOptions {
  /** Longest sequence in tokens, at most the model's own limit, which is the default. */
  readonly maxLength?: number | undefined;
}

/** What every pipeline has besides its call. */
export interface LoadedPipeline {
  /** The folder the model was read from. */
  readonly folder: string;
  readonly tokenizer: Tokenizer;
  /** Longest sequence in tokens, special ones included. */
  readonly maxSeqLength: number;
  /** Takes nothing more, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  dispose(): Promise<void>;
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const tasks: { readonly [T in keyof TaskCalls]: Task<TaskCalls[T]> } = {
  'text-classification': textClassification,
  'zero-shot-classification': zeroShotClassification,
  'token-classification': tokenClassification,
  'question-answering': questionAnswering,
  'fill-mask': fillMask,
  'replaced-token-detection': replacedTokenDetection,
};

/**
 * Loads a model for a task: a function of texts. The same text gives the same bits in any list, whatever the threads.
 *
 * @param task text-classification, zero-shot-classification, token-classification, question-answering, fill-mask or
 * replaced-token-detection.
 * @param idOrFolder as for `SentenceTransformer.load`; the head must be the task's, by config.json's `architectures`.
 * @throws UsageError for an unknown task; ConfigError or WeightsError that names file and field if the folder is not a
 * model this package can run.
 */
export async function pipeline<T extends keyof TaskCalls>(
  task: T,
  idOrFolder: string,
  options: PipelineOptions = {},
): Promise<TaskCalls[T] & LoadedPipeline> {
  if (!Object.hasOwn(tasks, task)) throw unknownTask(task);
  const { head, create } = tasks[task];
  const call = `pipeline("${task}")`;
  checkComputeOptions(call, options, ['maxLength']);
  const model = await HeadModel.load(call, idOrFolder, head, options);
  const dispose = () => model.dispose();
  const { folder, tokenizer, maxSeqLength } = model;
  const loaded: LoadedPipeline = { folder, tokenizer, maxSeqLength, dispose, [Symbol.asyncDispose]: dispose };
  try {
    return Object.assign(await create(model), loaded);
  } catch (error) {
    await dispose();
    throw error;
  }
}

function unknownTask(task: unknown): UsageError {
  const known = Object.keys(tasks);
  const near = typeof task === 'string' ? closest(task, known) : undefined;
  const mend = near === undefined ? `it takes ${known.join(', ')}` : `did you mean "${near}"?`;
  return new UsageError(`pipeline: there is no task ${describeValue(task)}; ${mend}`);
}
