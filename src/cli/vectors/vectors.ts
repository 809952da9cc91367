/** `vectral vectors`: questions to word vectors, and their files. */
import { UsageError } from '../../errors.js';
import { closest } from '../../suggest.js';
import type { Arguments, Command } from '../command.js';
import { convert } from './convert.js';
import { evaluate } from './evaluate.js';
import { info } from './info.js';
import { fileOptions } from './load.js';
import { plot, plotOptions } from './plot.js';
import { analogy, oddOneOut, similar } from './questions.js';
import { train, trainOptions } from './train.js';

interface Action {
  readonly usage: string;
  readonly summary: string;
  run(args: Arguments): Promise<void>;
}

const actions: Readonly<Record<string, Action>> = {
  similar: { usage: 'similar <word> [word ...]', summary: 'the nearest words to each', run: similar },
  analogy: { usage: 'analogy <a> <b> <c>', summary: 'a is to b as c is to what?', run: analogy },
  'odd-one-out': { usage: 'odd-one-out <word> <word> <word> ...', summary: 'the word that fits least', run: oddOneOut },
  evaluate: {
    usage: 'evaluate <file> [file ...]',
    summary: 'analogies (": section" lines) or judged pairs of words',
    run: evaluate,
  },
  convert: { usage: 'convert <to>', summary: 'the vectors of --vectors in another form', run: convert },
  plot: { usage: 'plot [word ...]', summary: 'a picture of words: PCA or t-SNE', run: plot },
  train: {
    usage: 'train <to> <file> [file ...]',
    summary: 'word2vec or GloVe, from text with a sentence a line',
    run: train,
  },
  info: { usage: 'info', summary: 'what the file holds', run: info },
};

const rows = Object.values(actions).map(({ usage, summary }) => `  ${usage.padEnd(38)} ${summary}`);

export const vectors: Command = {
  name: 'vectors',
  usage: 'vectral vectors <action> [options] [--] [argument ...]',
  description: `Word vectors: word2vec's and GloVe's files (also .gz), fastText's .vec, or a folder that convert wrote. Without --vectors:
the 20,000 most frequent words of GloVe 6B, 100 dimensions.

Actions:
${rows.join('\n')}`,
  options: {
    ...fileOptions,
    topn: { value: 'N', short: 'n', help: 'neighbours written of each (10)' },
    'restrict-vocab': { value: 'N', help: 'look among the first N words only' },
    cosmul: { help: 'analogy: multiply similarities instead of adding vectors' },
    'case-sensitive': { help: 'evaluate: take words as they are written' },
    to: { value: 'FORM', help: 'convert: word2vec, word2vec-binary, glove, vectral (by the name)' },
    format: { value: 'FORMAT', help: 'text, json (text)' },
    ...plotOptions,
    ...trainOptions,
  },
  async run(args) {
    const [name, ...positionals] = args.positionals;
    if (name === undefined) throw new UsageError(`vectors needs an action: ${Object.keys(actions).join(', ')}`);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action) return action.run({ ...args, positionals });
    const near = closest(name, Object.keys(actions));
    throw new UsageError(
      `vectors has no action "${name}"; ${near ? `did you mean ${near}?` : 'see vectral vectors --help'}`,
    );
  },
};
