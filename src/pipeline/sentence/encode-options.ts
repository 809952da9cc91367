/** What a call of encode takes. */
import type { OptionName } from '../../options.js';
import type { PromptOptions } from '../folder/prompts.js';

/** Options of one call of `encode`. */
export interface EncodeOptions extends PromptOptions {
  /** Scale to unit length after everything else, `truncateDim` included. Default false: the model's modules decide. */
  readonly normalizeEmbeddings?: boolean | undefined;
  /** Keep only the first components, at most the model's dimension. */
  readonly truncateDim?: number | undefined;
  /** Which route of a Router the texts take (`query`, `document`); models without one have a single way for all. */
  readonly task?: string | undefined;
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the texts done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Texts, or token ids with their special tokens, one list a text. */
export type EncodeInput = string | readonly string[] | { readonly inputIds: readonly ArrayLike<number>[] };

export const encodeOptionNames = [
  'promptName',
  'prompt',
  'normalizeEmbeddings',
  'truncateDim',
  'task',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];
