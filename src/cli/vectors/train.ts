/** `vectral vectors train`: word vectors from text files. */
import { UsageError } from '../../errors.js';
import { mostThreads } from '../../options.js';
import { type Arguments, type Option, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';

export const trainOptions: Readonly<Record<string, Option>> = {
  sg: { help: 'train: skip-gram (CBOW)' },
  hs: { help: 'train: hierarchical softmax (noise words)' },
  'vector-size': { value: 'N', help: 'train: components of a vector (100)' },
  window: { value: 'N', help: 'train: most words to each side (5)' },
  negative: { value: 'N', help: 'train: noise words (5)' },
  'min-count': { value: 'N', help: 'train: words that come less often are left out (5)' },
  epochs: { value: 'N', help: 'train: times the text is read (5)' },
  seed: {
    value: 'N',
    help: 'train: with --threads 1 the same seed gives the same vectors (1); plot: of a random start',
  },
  mode: { value: 'MODE', help: 'train: fast, exact (fast)' },
  threads: { value: 'N', help: 'train: threads (all CPUs this process may use)' },
};

export async function train(args: Arguments): Promise<void> {
  const [to, ...files] = args.positionals;
  if (to === undefined || files.length === 0) {
    throw new UsageError(
      'train needs where to write and the text: vectral vectors train <to> <file> [file ...], a sentence a line',
    );
  }
  const { Word2Vec } = await import('../../vectors/word2vec.js');
  const { formatOf } = await import('../../vectors/save-vectors.js');
  formatOf(to); // a name that tells no form is told before hours of training
  const terminal = process.stderr.isTTY;
  const model = await Word2Vec.train(
    { files },
    {
      sg: args.options.has('sg'),
      hs: args.options.has('hs'),
      vectorSize: wholeNumber(args, 'vector-size'),
      window: wholeNumber(args, 'window'),
      negative: wholeNumber(args, 'negative'),
      minCount: wholeNumber(args, 'min-count'),
      epochs: wholeNumber(args, 'epochs'),
      seed: wholeNumber(args, 'seed'),
      threads: wholeNumber(args, 'threads', mostThreads),
      mode: oneOf(args, 'mode', ['fast', 'exact'] as const, 'fast'),
      onProgress: ({ epoch, words, totalWords, wordsPerSecond, eta }) => {
        if (!terminal) return;
        const done = ((100 * words) / totalWords).toFixed(0);
        process.stderr.write(
          `\rpass ${epoch}: ${done} %, ${Math.round(wordsPerSecond / 1000)} k words/s, ${Math.ceil(eta)} s left  `,
        );
      },
    },
  );
  if (terminal) process.stderr.write('\n');
  await model.wv.save(to);
  await (await openSink(undefined)).write(
    `${to}: ${model.wv.size} words of ${model.wv.dim} dimensions, from ${model.corpusWords} words\n`,
  );
}
