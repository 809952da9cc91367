/** `vectral vectors plot`: words as points of a picture. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../errors.js';
import type { KeyedVectors } from '../../vectors/keyed-vectors.js';
import { unit } from '../../vectors/unit.js';
import { type Arguments, type Option, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

export const plotOptions: Readonly<Record<string, Option>> = {
  words: { value: 'FILE', help: 'plot: a word a line, or word, tab, group: groups have colours' },
  top: { value: 'N', help: 'plot: the first N words, the most frequent in most files' },
  around: { value: 'WORDS', help: 'plot: the --topn (50) nearest of each word, commas between' },
  method: { value: 'METHOD', help: 'plot: pca, tsne (tsne)' },
  perplexity: { value: 'P', help: 'plot: neighbours that t-SNE counts as near (30)' },
  output: { value: 'FILE', short: 'o', help: 'plot: .svg, or .html to zoom in (words.html)' },
};

interface Chosen {
  readonly words: string[];
  readonly groups?: string[];
  /** For the title. */
  readonly what: string;
}

export async function plot(args: Arguments): Promise<void> {
  const output = args.options.get('output') ?? 'words.html';
  if (!/\.(svg|html)$/i.test(output)) throw new UsageError(`--output must end in .svg or .html, got "${output}"`);
  const method = oneOf(args, 'method', ['pca', 'tsne'] as const, 'tsne');
  const perplexity = perplexityOf(args);
  const seed = wholeNumber(args, 'seed', 2 ** 32 - 1);
  if (method === 'pca' && (perplexity ?? seed) !== undefined) {
    throw new UsageError(`--${perplexity === undefined ? 'seed' : 'perplexity'} is for --method tsne`);
  }
  checkSource(args);
  using vectors = await loadVectors(args);
  const { words, groups, what } = await choose(args, vectors);
  if (words.length < 3) throw new UsageError(`a picture needs 3 words or more, got ${words.length}`);
  if (perplexity !== undefined && perplexity >= words.length) {
    throw new UsageError(`--perplexity must be less than the ${words.length} words, got ${perplexity}`);
  }
  // at length 1, so that near means similar, as everywhere else
  const rows = words.map((word) => unit(vectors.vector(word)));
  const { places, note } = method === 'pca' ? await byPca(rows) : await byTsne(rows, perplexity, seed);
  const { scatterHtml, scatterSvg } = await import('./scatter.js');
  const scatter = { places, labels: words, groups, title: what, note };
  const sink = await openSink(output);
  await sink.write(/\.svg$/i.test(output) ? scatterSvg(scatter) : scatterHtml(scatter));
  await sink.close();
  await (await openSink(undefined)).write(`${output}: ${words.length} words; ${note}\n`);
}

async function byPca(rows: Float64Array[]) {
  const { pca } = await import('../../vectors/projection/pca.js');
  const dim = rows[0]!.length;
  const { points, explainedVarianceRatio } = await pca(rows, { nComponents: Math.min(2, dim) });
  const places =
    dim > 1 ? points : Float64Array.from({ length: 2 * rows.length }, (_, i) => (i % 2 ? 0 : points[i / 2]!));
  const shares = Array.from(explainedVarianceRatio, (share) => `${(100 * share).toFixed(1)} %`);
  return { places, note: `PCA of ${dim} dimensions: ${shares.join(' and ')} of the variance` };
}

async function byTsne(rows: Float64Array[], perplexity: number | undefined, seed: number | undefined) {
  const { tsne } = await import('../../vectors/projection/tsne.js');
  const terminal = process.stderr.isTTY;
  const { points, klDivergence } = await tsne(rows, {
    perplexity,
    seed,
    onProgress: ({ step, steps }) => {
      if (terminal && step % 20 === 0) process.stderr.write(`\rt-SNE: ${((100 * step) / steps).toFixed(0)} %  `);
    },
  });
  if (terminal) process.stderr.write('\r\x1b[K');
  const near = perplexity === undefined ? '' : `perplexity ${perplexity}, `;
  return {
    places: points,
    note: `t-SNE of ${rows[0]!.length} dimensions: ${near}divergence ${klDivergence.toFixed(2)}`,
  };
}

function perplexityOf(args: Arguments): number | undefined {
  const text = args.options.get('perplexity');
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1) return value;
  throw new UsageError(`--perplexity must be a number from 1, got "${text}"`);
}

function checkSource(args: Arguments): void {
  const sources = ['words', 'top', 'around'].filter((name) => args.options.has(name)).map((name) => `--${name}`);
  if (args.positionals.length > 0) sources.unshift('words as arguments');
  if (sources.length > 1) throw new UsageError(`plot takes one of ${sources.join(' and ')}, not both`);
  if (sources.length === 0) {
    throw new UsageError('plot needs words: as arguments, --words FILE, --top N or --around WORDS');
  }
}

async function choose(args: Arguments, vectors: KeyedVectors): Promise<Chosen> {
  const file = args.options.get('words');
  if (file !== undefined) return fromFile(file, vectors);
  const around = args.options.get('around');
  if (around !== undefined) return neighbours(around.split(','), wholeNumber(args, 'topn') ?? 50, vectors);
  const top = wholeNumber(args, 'top');
  if (top !== undefined) {
    const words = vectors.words(0, top);
    return { words, what: `The first ${words.length} words` };
  }
  const words = [...new Set(args.positionals)];
  checkKnown(words, vectors, '');
  return { words, what: `${words.length} words` };
}

/** Blank lines are passed over; a word that comes again counts once. */
async function fromFile(file: string, vectors: KeyedVectors): Promise<Chosen> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--words ${file}: cannot be read (${cause.code})`);
  });
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const groups = new Map<string, string>();
  for (const line of lines) {
    const [word = '', group = ''] = line.split('\t', 2);
    if (!groups.has(word.trim())) groups.set(word.trim(), group.trim());
  }
  const words = [...groups.keys()];
  checkKnown(words, vectors, `${file}: `);
  const grouped = [...groups.values()].some((group) => group !== '');
  return {
    words,
    ...(grouped && { groups: [...groups.values()].map((group) => group || 'other') }),
    what: `${words.length} words`,
  };
}

/** A word near to several asked ones belongs to the first. */
function neighbours(asked: string[], topn: number, vectors: KeyedVectors): Chosen {
  checkKnown(asked, vectors, '--around: ');
  const groups = new Map(asked.map((word) => [word, word]));
  for (const word of asked) {
    for (const [near] of vectors.mostSimilar({ positive: word, topn })) if (!groups.has(near)) groups.set(near, word);
  }
  return {
    words: [...groups.keys()],
    ...(groups.size > 0 && asked.length > 1 && { groups: [...groups.values()] }),
    what: `Words around ${asked.join(', ')}`,
  };
}

function checkKnown(words: readonly string[], vectors: KeyedVectors, where: string): void {
  const unknown = words.filter((word) => !vectors.has(word));
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, 5).map((word) => `"${word}"`);
  throw new UsageError(
    `${where}${unknown.length} of ${words.length} words are not in the vocabulary of ${vectors.size}: ${shown.join(', ')}${unknown.length > 5 ? ', …' : ''}`,
  );
}
