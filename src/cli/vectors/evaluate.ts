/** `vectral vectors evaluate`: analogies and judged pairs of words. */
import { UsageError } from '../../errors.js';
import { readLines } from '../../vectors/evaluate-analogies.js';
import type { KeyedVectors } from '../../vectors/keyed-vectors.js';
import { type Arguments, oneOf, wholeNumber } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

export async function evaluate(args: Arguments): Promise<void> {
  const format = oneOf(args, 'format', ['text', 'json'] as const, 'text');
  const options = {
    restrictVocab: wholeNumber(args, 'restrict-vocab'),
    caseInsensitive: !args.options.has('case-sensitive'),
  };
  if (args.positionals.length === 0)
    throw new UsageError('evaluate needs a file of analogies or of judged pairs of words');
  using vectors = await loadVectors(args);
  const sink = await openSink(undefined);
  for (const file of args.positionals) {
    const isAnalogies = (await readLines(file)).some((line) => line.startsWith(': '));
    const text = isAnalogies
      ? await analogies(vectors, file, options, format)
      : await pairs(vectors, file, options, format);
    await sink.write(args.positionals.length > 1 && format === 'text' ? `${file}\n${text}` : text);
  }
}

interface Options {
  restrictVocab: number | undefined;
  caseInsensitive: boolean;
}

async function analogies(
  vectors: KeyedVectors,
  file: string,
  options: Options,
  format: 'text' | 'json',
): Promise<string> {
  const { accuracy, sections, skipped } = await vectors.evaluateWordAnalogies(file, options);
  const counted = sections.map(({ section, correct, incorrect }) => ({
    section,
    correct: correct.length,
    asked: correct.length + incorrect.length,
  }));
  if (format === 'json') return `${JSON.stringify({ file, accuracy, skipped, sections: counted })}\n`;
  const percent = (right: number, all: number) => (all > 0 ? `${((100 * right) / all).toFixed(1)} %` : '–').padStart(8);
  const all = counted.reduce((sum, { asked }) => sum + asked, 0);
  const right = counted.reduce((sum, { correct }) => sum + correct, 0);
  const width = Math.max(5, ...counted.map(({ section }) => section.length));
  const rows = [...counted, { section: 'total', correct: right, asked: all }];
  const table = rows.map(
    (row) => `${row.section.padEnd(width)} ${percent(row.correct, row.asked)}  ${row.correct} of ${row.asked}\n`,
  );
  return `${table.join('')}${skipped} questions with unknown words were left out\n`;
}

async function pairs(vectors: KeyedVectors, file: string, options: Options, format: 'text' | 'json'): Promise<string> {
  const result = await vectors.evaluateWordPairs(file, options);
  if (format === 'json') return `${JSON.stringify({ file, ...result })}\n`;
  const { pearson, spearman, oovPercent, pairs: count } = result;
  return `pearson ${pearson.toFixed(4)}  spearman ${spearman.toFixed(4)}  of ${count} pairs; ${oovPercent.toFixed(1)} % have unknown words\n`;
}
