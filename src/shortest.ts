/** Floats as text. */

/** A decimal that gives the same float32 back, with the fewest digits where components usually lie. */
export function shortest(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const size = Math.abs(value);
  if (size >= 1e-12 && size < 1e6) {
    // An integer of seven, eight or nine digits over a power of ten: several times faster than toPrecision.
    let scale = 1;
    while (size * scale < 1e6) scale *= 10;
    for (let digits = 7; digits <= 9; digits++, scale *= 10) {
      const rounded = Math.round(value * scale) / scale;
      if (Math.fround(rounded) === value) return String(rounded);
    }
  }
  return String(Number(value.toPrecision(9)));
}
