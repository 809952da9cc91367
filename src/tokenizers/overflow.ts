/** The parts that a long text is cut into, which overlap: the first is kept, the others overflow. As the reference cuts them. */
import { UsageError } from '../errors.js';
import type { TruncationSide } from './truncate.js';

export interface Range {
  readonly begin: number;
  readonly end: number;
}

/**
 * Ranges of at most `room` of `length` tokens, each `stride` tokens into the one before; from the right side's beginning, or
 * from the end where the left side is cut off.
 */
export function partsOf(length: number, room: number, stride: number, side: TruncationSide): Range[] {
  if (length <= room) return [{ begin: 0, end: length }];
  if (room === 0)
    return [
      { begin: 0, end: 0 },
      { begin: 0, end: length },
    ];
  if (stride >= room) {
    throw new UsageError(`stride must be smaller than the ${room} tokens that a part has room for; got ${stride}`);
  }
  const parts: Range[] = [];
  for (let done = 0; ; done += room - stride) {
    const begin = side === 'right' ? done : Math.max(length - done - room, 0);
    const end = side === 'right' ? Math.min(done + room, length) : length - done;
    parts.push({ begin, end });
    if (side === 'right' ? end === length : begin === 0) return parts;
  }
}
