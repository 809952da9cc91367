/** Cutting encodings to a length, as the reference's tokenizers do it. */
import { UsageError } from '../errors.js';

/** Which side of a pair gives way. `longest_first` shortens the longer one until both fit. */
export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second';
/** Which end is cut off. */
export type TruncationSide = 'left' | 'right';

/** How many ids of each text are kept, so that both together are at most `room`. */
export function keptLengths(
  first: number,
  second: number | undefined,
  room: number,
  strategy: TruncationStrategy,
): [first: number, second: number] {
  const surplus = first + (second ?? 0) - room;
  if (surplus <= 0) return [first, second ?? 0];
  if (strategy === 'longest_first') return second === undefined ? [room, 0] : shares(first, second, room);
  const shortened = strategy === 'only_first' ? first : second;
  if (shortened === undefined) throw new UsageError('truncation "only_second" needs a pair of texts');
  if (shortened <= surplus) {
    throw new UsageError(
      `truncation "${strategy}" cannot make the pair fit: ${surplus} ids are too many and that side has ${shortened}; use "longest_first" or a larger maxLength`,
    );
  }
  return strategy === 'only_first' ? [first - surplus, second ?? 0] : [first, shortened - surplus];
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
