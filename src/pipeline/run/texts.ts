/** Texts as callers give them, checked. */
import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';

/**
 * A checked copy: the caller may change his list while it is read.
 * @param wanted what may stand here, for messages.
 */
export function readTexts(input: unknown, wanted = 'a string, a list of strings, or { inputIds }'): readonly string[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input)) throw new UsageError(`encode takes ${wanted}, got ${describeValue(input)}`);
  return Array.from(input, (text: unknown, index) => {
    checkText(text, index);
    return text;
  });
}

/** @throws UsageError unless it is a string. */
export function checkText(text: unknown, index: number): asserts text is string {
  if (typeof text !== 'string') throw new UsageError(`text ${index} is not a string, got ${describeValue(text)}`);
}

/** @throws UsageError for what is no sequence of texts, a single text included. */
export function checkSequence(texts: unknown): void {
  if (typeof texts === 'string')
    throw new UsageError('encodeStream takes a list or stream of texts; wrap one in a list');
  const iterable = typeof texts === 'object' && texts !== null;
  if (!iterable || !(Symbol.iterator in texts || Symbol.asyncIterator in texts)) {
    throw new UsageError(`encodeStream takes an iterable or async iterable of texts, got ${describeValue(texts)}`);
  }
}
