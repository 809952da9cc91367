/** Says on standard error which texts were longer than the model can read. */

const listed = 5;

export function reportTruncated(indices: readonly number[], maxSeqLength: number): void {
  if (indices.length === 0) return;
  const some = indices.slice(0, listed).map((index) => index + 1);
  const names = indices.length > listed ? `${some.join(', ')} and ${indices.length - listed} more` : some.join(', ');
  const text = indices.length === 1 ? `text ${names} was` : `texts ${names} were`;
  process.stderr.write(`vectral: ${text} longer than ${maxSeqLength} tokens and cut there\n`);
}
