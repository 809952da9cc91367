/** `vectral vectors similar`, `analogy` and `odd-one-out`. */
import { UsageError } from '../../errors.js';
import { type Arguments, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

type Neighbours = [string, number][];

function readOptions(args: Arguments) {
  return {
    format: oneOf(args, 'format', ['text', 'json'] as const, 'text'),
    search: { topn: wholeNumber(args, 'topn'), restrictVocab: wholeNumber(args, 'restrict-vocab') },
  };
}

function lines(neighbours: Neighbours): string {
  const width = Math.max(...neighbours.map(([word]) => word.length));
  return neighbours.map(([word, score]) => `${word.padEnd(width)}  ${score.toFixed(4)}\n`).join('');
}

export async function similar(args: Arguments): Promise<void> {
  const { format, search } = readOptions(args);
  const words = args.positionals;
  if (words.length === 0) throw new UsageError('similar needs a word: vectral vectors similar <word> [word ...]');
  using vectors = await loadVectors(args);
  const found = words.map((word) => [word, vectors.mostSimilar({ ...search, positive: word })] as const);
  const text =
    format === 'json'
      ? `${JSON.stringify(Object.fromEntries(found))}\n`
      : found.map(([word, neighbours]) => (words.length > 1 ? `${word}\n` : '') + lines(neighbours)).join('\n');
  await (await openSink(undefined)).write(text);
}

export async function analogy(args: Arguments): Promise<void> {
  const { format, search } = readOptions(args);
  const [a, b, c, ...more] = args.positionals;
  if (a === undefined || b === undefined || c === undefined || more.length > 0) {
    throw new UsageError('analogy needs three words, as in: vectral vectors analogy man king woman');
  }
  using vectors = await loadVectors(args);
  const query = { ...search, positive: [b, c], negative: [a] };
  const found = args.options.has('cosmul') ? vectors.mostSimilarCosmul(query) : vectors.mostSimilar(query);
  await (await openSink(undefined)).write(format === 'json' ? `${JSON.stringify(found)}\n` : lines(found));
}

export async function oddOneOut(args: Arguments): Promise<void> {
  const { format } = readOptions(args);
  if (args.positionals.length < 3) throw new UsageError('odd-one-out needs three words or more');
  using vectors = await loadVectors(args);
  for (const word of args.positionals) vectors.vector(word);
  const odd = vectors.doesntMatch(args.positionals);
  await (await openSink(undefined)).write(`${format === 'json' ? JSON.stringify(odd) : odd}\n`);
}
