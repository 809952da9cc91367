/** `vectral vectors train`: word vectors from text files. */
import { resolve } from 'node:path';
import { UsageError, VectralError } from '../../errors.js';
import { mostThreads } from '../../options.js';
import type { Corpus } from '../../vectors/corpus.js';
import type { FastTextOptions } from '../../vectors/fasttext-options.js';
import type { GloveProgress } from '../../vectors/glove-options.js';
import type { TrainingProgress } from '../../vectors/training.js';
import { type Arguments, type Option, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';

export const trainOptions: Readonly<Record<string, Option>> = {
  algorithm: { value: 'NAME', help: 'train: word2vec, fasttext, glove (word2vec)' },
  sg: { help: 'train word2vec: skip-gram (CBOW)' },
  cbow: { help: 'train fasttext: CBOW (skip-gram)' },
  minn: { value: 'N', help: 'train fasttext: shortest n-gram of characters (3)' },
  maxn: { value: 'N', help: 'train fasttext: longest n-gram of characters, 0: none (6)' },
  bucket: { value: 'N', help: 'train fasttext: rows that n-grams share (2000000)' },
  hs: { help: 'train: hierarchical softmax (noise words)' },
  'vector-size': { value: 'N', help: 'train: components of a vector (100; glove 50)' },
  window: { value: 'N', help: 'train: most words to each side (5; glove 15)' },
  negative: { value: 'N', help: 'train: noise words (5)' },
  'min-count': { value: 'N', help: 'train: words that come less often are left out (5)' },
  epochs: { value: 'N', help: 'train: times the text, or its pairs, are gone through (5; glove 25)' },
  memory: { value: 'MIB', help: 'train glove: memory for pairs, more goes to files (1024)' },
  phrases: { value: 'N', help: 'train: join words that belong together first, up to 2^N of them (0)' },
  checkpoint: { value: 'FILE', help: 'train: keep all of the training in FILE' },
  resume: { help: 'train: go on from the training in --checkpoint' },
  seed: {
    value: 'N',
    help: 'train: with --threads 1 the same seed gives the same vectors (1; fasttext 0); plot: of a random start',
  },
  mode: { value: 'MODE', help: 'train: fast, exact (fast)' },
  threads: { value: 'N', help: 'train: threads (all CPUs this process may use)' },
};

interface Run {
  readonly args: Arguments;
  readonly to: string;
  readonly corpus: Corpus;
  readonly controls: {
    readonly threads: number | undefined;
    readonly checkpoint: string | undefined;
    readonly signal: AbortSignal;
  };
  /** Tells the terminal how far it is. */
  readonly tell: (pass: number, done: number, speed: string, secondsLeft: number) => void;
}

/** What training came to: vectors, or a model that is saved as a whole. */
interface Trained {
  readonly size: number;
  readonly dim: number;
  save(path: string): Promise<void>;
}

const algorithms = { word2vec: trainWord2Vec, fasttext: trainFastText, glove: trainGlove } as const;
type Algorithm = keyof typeof algorithms;
const names = Object.keys(algorithms) as Algorithm[];
/** What may be said anew of a training that goes on. */
const afresh = ['algorithm', 'phrases', 'checkpoint', 'resume', 'threads'];
const signals = ['SIGINT', 'SIGTERM'] as const;

/** Options that not all of them have. */
const own: Readonly<Record<Algorithm, readonly string[]>> = {
  word2vec: ['sg', 'hs', 'negative', 'mode'],
  fasttext: ['cbow', 'minn', 'maxn', 'bucket', 'hs', 'negative', 'mode'],
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
  const { checkPlace } = await import('../../weights/replace-file.js');
  // What cannot be written is told before hours of training.
  const checkpoint = args.options.get('checkpoint');
  const folder = formatOf(to) === 'vectral';
  await checkPlace('train', to, folder ? 'folder' : 'file', files);
  if (checkpoint !== undefined) {
    if (resolve(checkpoint) === resolve(to))
      throw new UsageError(`--checkpoint ${checkpoint} is where the vectors go; name another file`);
    await checkPlace('checkpoint', checkpoint, 'file', files);
  }
  const algorithm = oneOf(args, 'algorithm', names, 'word2vec');
  for (const name of names) {
    const odd = own[name].find((option) => args.options.has(option) && !own[algorithm].includes(option));
    const takers = names.filter((taker) => odd !== undefined && own[taker].includes(odd));
    if (odd !== undefined) throw new UsageError(`--${odd} is for --algorithm ${takers.join(' or ')}`);
  }
  if (args.options.has('hs') && args.options.has('negative')) {
    throw new UsageError('--hs and --negative exclude each other; leave one out');
  }
  // A signal ends training and keeps what was learnt; a second one ends the process.
  const ender = new AbortController();
  let ended = 0;
  const end = (_: string, number: number) => {
    if (ender.signal.aborted) process.exit(128 + number);
    ended = number;
    ender.abort(new VectralError('ABORTED', `train was ended before anything was learnt; ${to} is not written`));
  };
  for (const signal of signals) process.on(signal, end);
  const terminal = process.stderr.isTTY;
  const tell: Run['tell'] = (pass, done, speed, secondsLeft) => {
    if (!terminal) return;
    process.stderr.write(`\rpass ${pass}: ${(100 * done).toFixed(0)} %, ${speed}, ${Math.ceil(secondsLeft)} s left  `);
  };
  try {
    const controls = { threads: wholeNumber(args, 'threads', mostThreads), checkpoint, signal: ender.signal };
    const corpus = await corpusOf(args, files, ender.signal);
    const model = await algorithms[algorithm]({ args, to, corpus, controls, tell });
    if (terminal) process.stderr.write('\n');
    await model.save(to);
    await (await openSink(undefined)).write(
      `${to}: ${model.size} words of ${model.dim} dimensions${folder ? ', f16' : ''}\n`,
    );
    if (ended === 0) return;
    process.stderr.write('train was ended early; what was learnt so far is kept\n');
    process.exitCode = 128 + ended; // as shells tell it
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
}

/** The text, phrases joined: pairs of words first, then pairs of what has been joined. */
async function corpusOf(args: Arguments, files: readonly string[], signal: AbortSignal): Promise<Corpus> {
  let corpus: Corpus = { files };
  for (let passes = wholeNumber(args, 'phrases', 8) ?? 0; passes > 0; passes--) {
    const { Phrases } = await import('../../vectors/phrases.js');
    // Nothing of their own but how many passes: --resume must come to the same phrases.
    const phrases = await Phrases.train(corpus, { signal });
    corpus = phrases.apply(corpus);
  }
  return corpus;
}

async function trainWord2Vec({ args, corpus, controls: given, tell }: Run): Promise<Trained> {
  const { Word2Vec } = await import('../../vectors/word2vec.js');
  const controls = { ...given, onProgress: tellWords(tell) };
  const kept = resumed(args);
  if (kept !== undefined) {
    const model = await Word2Vec.load(kept);
    await model.resume(corpus, controls);
    return model.wv;
  }
  const model = await Word2Vec.train(corpus, {
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
  return model.wv;
}

/** A name that ends in .bin gets the whole model, as fastText writes it; any other the vectors of its words. */
async function trainFastText({ args, to, corpus, controls: given, tell }: Run): Promise<Trained> {
  const { FastText } = await import('../../vectors/fasttext.js');
  const controls = { ...given, onProgress: tellWords(tell) };
  const kept = resumed(args);
  const model = await (kept === undefined
    ? FastText.train(corpus, { ...controls, ...fastTextOptions(args) })
    : FastText.resume(kept, corpus, controls));
  if (!to.endsWith('.bin')) return model.toKeyedVectors();
  return { size: model.words.length, dim: model.dim, save: (path) => model.saveModel(path) };
}

function fastTextOptions(args: Arguments): FastTextOptions {
  return {
    model: args.options.has('cbow') ? 'cbow' : 'skipgram',
    loss: args.options.has('hs') ? 'hs' : 'ns',
    dim: wholeNumber(args, 'vector-size'),
    ws: wholeNumber(args, 'window'),
    neg: wholeNumber(args, 'negative'),
    minCount: wholeNumber(args, 'min-count'),
    epoch: wholeNumber(args, 'epochs'),
    seed: wholeNumber(args, 'seed'),
    minn: wholeNumber(args, 'minn'),
    maxn: wholeNumber(args, 'maxn'),
    bucket: wholeNumber(args, 'bucket'),
    mode: oneOf(args, 'mode', ['fast', 'exact'] as const, 'fast'),
  };
}

/** The checkpoint that training goes on from, if it is to. */
function resumed(args: Arguments): string | undefined {
  if (!args.options.has('resume')) return undefined;
  const checkpoint = args.options.get('checkpoint');
  if (checkpoint === undefined) throw new UsageError('--resume needs --checkpoint FILE, which holds the training');
  const odd = Object.keys(trainOptions).find((option) => args.options.has(option) && !afresh.includes(option));
  if (odd !== undefined) throw new UsageError(`--${odd} stands in the checkpoint already; leave it out with --resume`);
  return checkpoint;
}

function tellWords(tell: Run['tell']): (progress: TrainingProgress) => void {
  return ({ epoch, words, totalWords, wordsPerSecond, eta }) =>
    tell(epoch, words / totalWords, `${Math.round(wordsPerSecond / 1000)} k words/s`, eta);
}

async function trainGlove({ args, corpus, controls: given, tell }: Run): Promise<Trained> {
  const { Glove } = await import('../../vectors/glove.js');
  const controls = {
    ...given,
    onProgress: ({ epoch, pairs, totalPairs, pairsPerSecond, eta }: GloveProgress) =>
      tell(epoch, pairs / totalPairs, `${(pairsPerSecond / 1e6).toFixed(1)} M pairs/s`, eta),
  };
  const kept = resumed(args);
  if (kept !== undefined) return (await Glove.resume(kept, corpus, controls)).wv;
  const model = await Glove.train(corpus, {
    ...controls,
    vectorSize: wholeNumber(args, 'vector-size'),
    windowSize: wholeNumber(args, 'window'),
    minCount: wholeNumber(args, 'min-count'),
    epochs: wholeNumber(args, 'epochs'),
    memory: wholeNumber(args, 'memory'),
    seed: wholeNumber(args, 'seed'),
  });
  return model.wv;
}
