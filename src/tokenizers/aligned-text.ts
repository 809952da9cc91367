/**
 * Text on its way through normalizers and splitters, which still knows what each of its characters came from. Positions
 * count UTF-16 units. What a change does to the alignment follows the reference's NormalizedString, so offsets equal its own.
 */

/** A character of the new text, and what it does: 0 takes the next old one's place, n > 0 is new, n < 0 swallows n more. */
export type Change = readonly [character: string, change: number];

export class AlignedText {
  readonly text: string;
  /** Where each unit of `text` begins and ends in the original. Undefined: unit i is `base` + i. */
  readonly #starts: readonly number[] | undefined;
  readonly #ends: readonly number[] | undefined;
  readonly #base: number;

  private constructor(text: string, base: number, starts?: readonly number[], ends?: readonly number[]) {
    this.text = text;
    this.#base = base;
    this.#starts = starts;
    this.#ends = ends;
  }

  static of(text: string): AlignedText {
    return new AlignedText(text, 0);
  }

  /** Where unit `at` begins in the original; a low surrogate begins with its pair. */
  start(at: number): number {
    if (this.#starts) return this.#starts[at] ?? 0;
    return this.#base + (isLow(this.text, at) ? at - 1 : at);
  }

  /** Where the character of unit `at` ends in the original. */
  end(at: number): number {
    if (this.#ends) return this.#ends[at] ?? 0;
    return this.#base + (isLow(this.text, at + 1) ? at + 2 : at + 1);
  }

  slice(begin: number, end: number): AlignedText {
    const text = this.text.slice(begin, end);
    if (!this.#starts) return new AlignedText(text, this.#base + begin);
    return new AlignedText(text, 0, this.#starts.slice(begin, end), this.#ends?.slice(begin, end));
  }

  /** Another text of the same length, character for character. */
  withText(text: string): AlignedText {
    return new AlignedText(text, this.#base, this.#starts, this.#ends);
  }

  /** The text that `changes` make of this one. `skip`: old characters that go before the first of them. */
  transform(changes: Iterable<Change>, skip = 0): AlignedText {
    const old = [...this.text];
    const places: number[] = [];
    let unit = 0;
    for (const character of old) {
      places.push(unit);
      unit += character.length;
    }
    let text = '';
    const starts: number[] = [];
    const ends: number[] = [];
    let at = skip;
    for (const [character, change] of changes) {
      const from = change > 0 ? at - 1 : Math.min(at, old.length - 1);
      const place = places[from];
      const start = place === undefined ? 0 : this.start(place);
      const end = place === undefined ? 0 : this.end(place);
      if (change <= 0) at += 1 - change;
      text += character;
      for (let i = 0; i < character.length; i++) {
        starts.push(start);
        ends.push(end);
      }
    }
    return new AlignedText(text, 0, starts, ends);
  }

  /** Every match of `pattern` (global) replaced by `content`, whose characters stand for the last one replaced. */
  replace(pattern: RegExp, content: string): AlignedText {
    const parts: AlignedText[] = [];
    let done = 0;
    for (const match of this.text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (match.index > done) parts.push(this.slice(done, match.index));
      const replaced = this.slice(match.index, end);
      parts.push(
        replaced.transform(
          Array.from(content, (character): Change => [character, 1]),
          [...match[0]].length,
        ),
      );
      done = end;
    }
    if (done === 0) return this;
    if (done < this.text.length) parts.push(this.slice(done, this.text.length));
    return AlignedText.join(parts);
  }

  /** `content` before the text; it stands for the first character. Nothing comes before an empty text. */
  prepend(content: string): AlignedText {
    if (this.text === '') return this;
    const starts = new Array<number>(content.length).fill(this.start(0));
    const ends = new Array<number>(content.length).fill(this.end(0));
    this.#appendPlaces(starts, ends);
    return new AlignedText(content + this.text, 0, starts, ends);
  }

  private static join(parts: readonly AlignedText[]): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    for (const part of parts) part.#appendPlaces(starts, ends);
    return new AlignedText(parts.map((part) => part.text).join(''), 0, starts, ends);
  }

  #appendPlaces(starts: number[], ends: number[]): void {
    for (let i = 0; i < this.text.length; i++) {
      starts.push(this.start(i));
      ends.push(this.end(i));
    }
  }
}

function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
