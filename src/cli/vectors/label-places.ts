/** Where labels of a scatter plot go so that none lies on another. */

/** What a label needs to know; lengths in the units of the picture. */
export interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** Where the text of a label is held: at its start, middle or end, so that it keeps to its point in every font. */
export interface LabelPlace {
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const gap = 5; // from the middle of a dot to its label
const dot = 3;
// Of a label, how much lies left of its place.
const shares = { start: 0, middle: 0.5, end: 1 };

/**
 * A place for each label right of its point, left, above or below, where it meets no label of an earlier point and as few dots as may
 * be; undefined where there is none. Text is `size` high, and lies between 0 and `width`.
 */
export function placeLabels(points: readonly Labelled[], size: number, width: number): (LabelPlace | undefined)[] {
  const labels = new Grid(4 * size);
  const dots = new Grid(4 * size);
  for (const { x, y } of points) dots.add({ left: x - dot, right: x + dot, top: y - dot, bottom: y + dot });
  return points.map(({ x, y, label }) => {
    const length = textLength(label) * size;
    const places: LabelPlace[] = [
      { x: x + gap, y: y + size * 0.35, anchor: 'start' },
      { x: x - gap, y: y + size * 0.35, anchor: 'end' },
      { x, y: y - gap - size * 0.2, anchor: 'middle' },
      { x, y: y + gap + size * 0.8, anchor: 'middle' },
    ];
    const rooms = places.map((place) => {
      const left = place.x - length * shares[place.anchor];
      return { place, box: { left, right: left + length, top: place.y - size * 0.85, bottom: place.y + size * 0.25 } };
    });
    let best: (typeof rooms)[number] | undefined;
    let fewest = Infinity;
    for (const room of rooms) {
      if (room.box.left < 0 || room.box.right > width || labels.meets(room.box) > 0) continue;
      const covered = dots.meets(room.box);
      if (covered < fewest) [best, fewest] = [room, covered];
    }
    if (best) labels.add(best.box);
    return best?.place;
  });
}

/** About how wide a text is, in heights of its letters; no font is asked, the SVG may be seen with any. */
export function textLength(text: string): number {
  let length = 0;
  for (const letter of text) {
    if (/\p{Mn}|\p{Me}|\u200d|\ufe0f/u.test(letter)) continue;
    if (/\p{Extended_Pictographic}/u.test(letter)) length += 1.3;
    else if (letter.codePointAt(0)! >= 0x1100) length += 1.05;
    else if (/[iljtfrI.,:;'|! ]/.test(letter)) length += 0.34;
    else if (/[mwMW@%]/.test(letter) || /\p{Lu}/u.test(letter)) length += 0.76;
    else length += 0.6;
  }
  return length;
}

/** Boxes by the cells they lie in, so that a new one is compared with few. */
class Grid {
  readonly #cells = new Map<string, Box[]>();
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  add(box: Box): void {
    for (const key of this.#keys(box)) {
      const cell = this.#cells.get(key);
      if (cell) cell.push(box);
      else this.#cells.set(key, [box]);
    }
  }

  /** How many boxes lie on this one. */
  meets({ left, right, top, bottom }: Box): number {
    const met = new Set<Box>();
    for (const key of this.#keys({ left, right, top, bottom })) {
      for (const other of this.#cells.get(key) ?? []) {
        if (other.left < right && left < other.right && other.top < bottom && top < other.bottom) met.add(other);
      }
    }
    return met.size;
  }

  *#keys({ left, right, top, bottom }: Box): Generator<string> {
    for (let x = Math.floor(left / this.#step); x <= right / this.#step; x++) {
      for (let y = Math.floor(top / this.#step); y <= bottom / this.#step; y++) yield `${x} ${y}`;
    }
  }
}
