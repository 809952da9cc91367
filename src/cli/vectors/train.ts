/** `vectral vectors train`: word vectors from text files. */
import { UsageError } from '../../errors.js';
import { mostThreads } from '../../options.js';
import type { KeyedVectors } from '../../vectors/keyed-vectors.js';
import type { TrainingProgress } from '../../vectors/word2vec-options.js';
import { type Arguments, type Option, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';

export const trainOptions: Readonly<Record<string, Option>> = {
  algorithm: { value: 'NAME', help: 'train: word2vec, glove (word2vec)' },
  sg: { help: 'train: skip-gram (CBOW)' },
  hs: { help: 'train: hierarchical softmax (noise words)' },
  'vector-size': { value: 'N', help: 'train: components of a vector (100; glove 50)' },
  window: { value: 'N', help: 'train: most words to each side (5; glove 15)' },
  negative: { value: 'N', help: 'train: noise words (5)' },
  'min-count': { value: 'N', help: 'train: words that come less often are left out (5)' },
  epochs: { value: 'N', help: 'train: times the text, or its pairs, are gone through (5; glove 25)' },
  memory: { value: 'MIB', help: 'train glove: memory for pairs, more goes to files (1024)' },
  checkpoint: { value: 'FILE', help: 'train: keep all of the training in FILE' },
  resume: { help: 'train: go on from the training in --checkpoint' },
  seed: {
    value: 'N',
    help: 'train: with --threads 1 the same seed gives the same vectors (1); plot: of a random start',
  },
  mode: { value: 'MODE', help: 'train: fast, exact (fast)' },
  threads: { value: 'N', help: 'train: threads (all CPUs this process may use)' },
};

interface Run {
  readonly args: Arguments;
  readonly corpus: { readonly files: readonly string[] };
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  /** Tells the terminal how far it is. */
  readonly tell: (pass: number, done: number, speed: string, secondsLeft: number) => void;
}

interface Trained {
  readonly wv: KeyedVectors;
  readonly corpusWords: number;
}

const algorithms = { word2vec: trainWord2Vec, glove: trainGlove } as const;
type Algorithm = keyof typeof algorithms;
const names = Object.keys(algorithms) as Algorithm[];

/** Options that only one of them has. */
const own: Readonly<Record<Algorithm, readonly string[]>> = {
  word2vec: ['sg', 'hs', 'negative', 'mode', 'checkpoint', 'resume'],
  glove: ['memory'],
};

export async function train(args: Arguments): Promise<void> {
  const [to, ...files] = args.positionals;
  if (to === undefined || files.length === 0) {
    throw new UsageError(
      'train needs where to write and the text: vectral vectors train <to> <file> [file ...], a sentence a line',
    );
  }
  const { formatOf } = await import('../../vectors/save-vectors.js');
  formatOf(to); // a name that tells no form is told before hours of training
  const algorithm = oneOf(args, 'algorithm', names, 'word2vec');
  for (const name of names) {
    const odd = name === algorithm ? undefined : own[name].find((option) => args.options.has(option));
    if (odd !== undefined) throw new UsageError(`--${odd} is for --algorithm ${name}`);
  }
  // Ctrl-C ends training and keeps what was learnt; a second one ends the process.
  const ender = new AbortController();
  const end = () => ender.abort();
  process.once('SIGINT', end);
  const terminal = process.stderr.isTTY;
  const tell: Run['tell'] = (pass, done, speed, secondsLeft) => {
    if (!terminal) return;
    process.stderr.write(`\rpass ${pass}: ${(100 * done).toFixed(0)} %, ${speed}, ${Math.ceil(secondsLeft)} s left  `);
  };
  try {
    const threads = wholeNumber(args, 'threads', mostThreads);
    const model = await algorithms[algorithm]({ args, corpus: { files }, threads, signal: ender.signal, tell });
    if (terminal) process.stderr.write('\n');
    await model.wv.save(to);
    await (await openSink(undefined)).write(
      `${to}: ${model.wv.size} words of ${model.wv.dim} dimensions, from ${model.corpusWords} words\n`,
    );
  } finally {
    process.off('SIGINT', end);
  }
}

async function trainWord2Vec({ args, corpus, threads, signal, tell }: Run): Promise<Trained> {
  const { Word2Vec } = await import('../../vectors/word2vec.js');
  const checkpoint = args.options.get('checkpoint');
  const controls = {
    threads,
    checkpoint,
    signal,
    onProgress: ({ epoch, words, totalWords, wordsPerSecond, eta }: TrainingProgress) =>
      tell(epoch, words / totalWords, `${Math.round(wordsPerSecond / 1000)} k words/s`, eta),
  };
  if (args.options.has('resume')) {
    if (checkpoint === undefined) throw new UsageError('--resume needs --checkpoint FILE, which holds the training');
    const fixed = ['sg', 'hs', 'vector-size', 'window', 'negative', 'min-count', 'epochs', 'seed', 'mode'];
    const odd = fixed.find((option) => args.options.has(option));
    if (odd !== undefined)
      throw new UsageError(`--${odd} stands in the checkpoint already; leave it out with --resume`);
    const model = await Word2Vec.load(checkpoint);
    await model.resume(corpus, controls);
    return model;
  }
  return Word2Vec.train(corpus, {
    ...controls,
    sg: args.options.has('sg'),
    hs: args.options.has('hs'),
    vectorSize: wholeNumber(args, 'vector-size'),
    window: wholeNumber(args, 'window'),
    negative: wholeNumber(args, 'negative'),
    minCount: wholeNumber(args, 'min-count'),
    epochs: wholeNumber(args, 'epochs'),
    seed: wholeNumber(args, 'seed'),
    mode: oneOf(args, 'mode', ['fast', 'exact'] as const, 'fast'),
  });
}

async function trainGlove({ args, corpus, threads, signal, tell }: Run): Promise<Trained> {
  const { Glove } = await import('../../vectors/glove.js');
  return Glove.train(corpus, {
    threads,
    signal,
    vectorSize: wholeNumber(args, 'vector-size'),
    windowSize: wholeNumber(args, 'window'),
    minCount: wholeNumber(args, 'min-count'),
    epochs: wholeNumber(args, 'epochs'),
    memory: wholeNumber(args, 'memory'),
    seed: wholeNumber(args, 'seed'),
    onProgress: ({ epoch, pairs, totalPairs, pairsPerSecond, eta }) =>
      tell(epoch, pairs / totalPairs, `${(pairsPerSecond / 1e6).toFixed(1)} M pairs/s`, eta),
  });
}
