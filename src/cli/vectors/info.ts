/** `vectral vectors info`: what a file of vectors holds. */
import { UsageError } from '../../errors.js';
import { type Arguments, oneOf } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

const shownWords = 8;

export async function info(args: Arguments): Promise<void> {
  const format = oneOf(args, 'format', ['text', 'json'] as const, 'text');
  if (args.positionals.length > 0) throw new UsageError('info takes no argument; name the file with --vectors');
  using vectors = await loadVectors(args);
  const { size, dim, dtype, report } = vectors;
  const first = vectors.words(0, shownWords);
  const duplicates =
    report.duplicates > 0 ? `\nduplicates  ${report.duplicates} left out, the first "${report.duplicate}"` : '';
  const text =
    format === 'json'
      ? JSON.stringify({ words: size, dim, dtype, declared: report.declared, duplicates: report.duplicates, first })
      : `words       ${size}\ndimensions  ${dim}\ndtype       ${dtype}${duplicates}\nfirst       ${first.join(' ')}`;
  await (await openSink(undefined)).write(`${text}\n`);
}
