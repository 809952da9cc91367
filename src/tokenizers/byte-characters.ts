/** The characters that byte-level BPE writes bytes as (GPT-2): printable Latin-1 as itself, the others from U+0100 on. */

const characters: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : 256 + others++));
})();

/** A text's bytes, one character each. */
export function byteCharacters(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) result += characters[byte];
  return result;
}

const byteOf = new Map(characters.map((character, byte) => [character, byte]));

/** The bytes that a token's characters stand for; undefined if one of them stands for none. */
export function bytesOf(token: string): Uint8Array | undefined {
  const bytes = Uint8Array.from(token, (character) => byteOf.get(character) ?? 0);
  return Array.from(token).every((character) => byteOf.has(character)) ? bytes : undefined;
}

/** What a space is written as. */
export const byteSpace = characters[32] ?? '';

/** For every byte of `text` the unit of `text` at which its character begins. */
export function byteUnits(text: string): number[] {
  const units: number[] = [];
  let unit = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < bytes; i++) units.push(unit);
    unit += character.length;
  }
  return units;
}
