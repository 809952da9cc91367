/** Cutting encodings to a length, as the reference's tokenizers do it. */
import { UsageError } from '../errors.js';

/** Which side of a pair gives way. `longest_first` shortens the longer one until both fit. */
export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second';
/** Which end is cut off. */
export type TruncationSide = 'left' | 'right';

/** Cuts `first` and `second` so that both together have at most `room` ids. Returns the kept parts. */
export function truncate(
  first: readonly number[],
  second: readonly number[] | undefined,
  room: number,
  strategy: TruncationStrategy,
  side: TruncationSide,
): [first: readonly number[], second: readonly number[] | undefined] {
  const surplus = first.length + (second?.length ?? 0) - room;
  if (surplus <= 0) return [first, second];
  if (strategy === 'longest_first') {
    if (second === undefined) return [cut(first, room, side), undefined];
    const [keepFirst, keepSecond] = shares(first.length, second.length, room);
    return [cut(first, keepFirst, side), cut(second, keepSecond, side)];
  }
  const shortened = strategy === 'only_first' ? first : second;
  if (shortened === undefined) throw new UsageError('truncation "only_second" needs a pair of texts');
  if (shortened.length <= surplus) {
    throw new UsageError(
      `truncation "${strategy}" cannot make the pair fit: ${surplus} ids are too many and that side has ${shortened.length}; use "longest_first" or a larger maxLength`,
    );
  }
  const kept = cut(shortened, shortened.length - surplus, side);
  return strategy === 'only_first' ? [kept, second] : [first, kept];
}

/** How many ids each side keeps: the shorter keeps all it has as long as that is at most half of the room. */
function shares(first: number, second: number, room: number): [number, number] {
  const shorter = Math.min(first, second);
  let short = shorter;
  let long = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (short + long > room) {
    short = Math.floor(room / 2);
    long = short + (room % 2);
  }
  return first <= second ? [short, long] : [long, short];
}

function cut(ids: readonly number[], length: number, side: TruncationSide): readonly number[] {
  if (ids.length <= length) return ids;
  return side === 'right' ? ids.slice(0, length) : ids.slice(ids.length - length);
}
