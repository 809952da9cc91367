/** Byte-level tokens hold the spaces around them; a post-processor may take those out of the offsets. As the reference does. */
import { byteSpace } from './byte-characters.js';
import type { JsonObject } from './fields.js';

export interface TrimOffsets {
  /** A space was put before the text, which is no space of its own. */
  readonly addPrefixSpace: boolean;
}

const blank = /\p{White_Space}/u;

/** What a checked `post_processor` says about trimming; undefined: nothing is trimmed. */
export function readTrimOffsets(value: unknown): TrimOffsets | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const json = value as JsonObject;
  if (json.type === 'Sequence' && Array.isArray(json.processors)) {
    return json.processors.map(readTrimOffsets).find((found) => found !== undefined);
  }
  if (json.type !== 'ByteLevel' && json.type !== 'RobertaProcessing') return undefined;
  return json.trim_offsets === false ? undefined : { addPrefixSpace: json.add_prefix_space !== false };
}

/** Moves starts and ends over leading and trailing spaces, in place; as many characters of `text` as the token has spaces. */
export function trimOffsets(
  text: string,
  tokens: readonly string[],
  places: { starts: number[]; ends: number[] },
  { addPrefixSpace }: TrimOffsets,
): void {
  const { starts, ends } = places;
  const isSpace = (character: string) => character === byteSpace || blank.test(character);
  tokens.forEach((token, i) => {
    const characters = [...token];
    let leading = characters.findIndex((character) => !isSpace(character));
    if (leading < 0) leading = characters.length;
    const trailing = characters.length - 1 - characters.findLastIndex((character) => !isSpace(character));
    const [start, end] = [starts[i] ?? 0, ends[i] ?? 0];
    const covered = [...text.slice(start, end)];
    // a single space at the beginning was put there; of several none was
    const put = addPrefixSpace && leading === 1 && (i === 0 || start === 0);
    const from = put ? 0 : Math.min(leading, covered.length);
    starts[i] = start + unitsOf(covered.slice(0, from));
    const before = [...text.slice(0, end)].length;
    if (trailing > 0 && before >= trailing) {
      const to = Math.max(covered.length - trailing, from);
      ends[i] = start + unitsOf(covered.slice(0, to));
    }
  });
}

function unitsOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + character.length, 0);
}
