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
  /** Names of the options that it takes. */
  readonly options: readonly string[];
  run(args: Arguments): Promise<void>;
}

const file = Object.keys(fileOptions);
const actions: Readonly<Record<string, Action>> = {
  similar: {
    usage: 'similar <word> [word ...]',
    summary: 'the nearest words to each',
    options: [...file, 'topn', 'restrict-vocab', 'format'],
    run: similar,
  },
  analogy: {
    usage: 'analogy <a> <b> <c>',
    summary: 'a is to b as c is to what?',
    options: [...file, 'topn', 'restrict-vocab', 'cosmul', 'format'],
    run: analogy,
  },
  'odd-one-out': {
    usage: 'odd-one-out <word> <word> <word> ...',
    summary: 'the word that fits least',
    options: [...file, 'format'],
    run: oddOneOut,
  },
  evaluate: {
    usage: 'evaluate <file> [file ...]',
    summary: 'analogies (": section" lines) or judged pairs of words',
    options: [...file, 'restrict-vocab', 'case-sensitive', 'format'],
    run: evaluate,
  },
  convert: {
    usage: 'convert <to>',
    summary: 'the vectors of --vectors in another form',
    options: [...file, 'to'],
    run: convert,
  },
  plot: {
    usage: 'plot [word ...]',
    summary: 'a picture of words: PCA or t-SNE',
    options: [...file, ...Object.keys(plotOptions), 'topn', 'seed'],
    run: plot,
  },
  train: {
    usage: 'train <to> <file> [file ...]',
    summary: 'word2vec, fastText or GloVe, from text with a sentence a line',
    options: Object.keys(trainOptions),
    run: train,
  },
  info: { usage: 'info', summary: 'what the file holds', options: [...file, 'format'], run: info },
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
    if (action) {
      const odd = [...args.options.keys()].find((option) => !action.options.includes(option));
      if (odd !== undefined) throw new UsageError(`vectors ${name} takes no --${odd}; ${takers(odd)} does`);
      return action.run({ ...args, positionals });
    }
    const near = closest(name, Object.keys(actions));
    throw new UsageError(
      `vectors has no action "${name}"; ${near ? `did you mean ${near}?` : 'see vectral vectors --help'}`,
    );
  },
};

function takers(option: string): string {
  const names = Object.keys(actions).filter((name) => actions[name]!.options.includes(option));
  return names.length > 1 ? `one of ${names.join(', ')}` : names.join();
}
