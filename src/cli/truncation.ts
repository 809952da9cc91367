/** Says on standard error which texts were longer than the model can read. */

const listed = 5;

export interface TruncationReport {
  /** Texts of a batch that were cut; the batch begins at text `start`. */
  add(indices: readonly number[], start: number): void;
  /** One line, if any text was cut. */
  report(): void;
}

export function createTruncation(maxSeqLength: number): TruncationReport {
  const first: number[] = [];
  let count = 0;
  return {
    add(indices, start) {
      count += indices.length;
      for (const index of indices) if (first.length < listed) first.push(start + index + 1);
    },
    report() {
      if (count === 0) return;
      const names = first.join(', ') + (count > listed ? ` and ${count - listed} more` : '');
      const text = count === 1 ? `text ${names} was` : `texts ${names} were`;
      process.stderr.write(`vectral: ${text} longer than ${maxSeqLength} tokens and cut there\n`);
    },
  };
}
