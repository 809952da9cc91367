/** `vectral vectors convert`: vectors in another form. */
import { UsageError } from '../../errors.js';
import { formatOf, vectorFormats } from '../../vectors/save-vectors.js';
import { type Arguments, oneOf } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

export async function convert(args: Arguments): Promise<void> {
  const [to, ...more] = args.positionals;
  if (to === undefined || more.length > 0) {
    throw new UsageError('convert needs the file to write: vectral vectors convert --vectors FROM <to>');
  }
  const format = args.options.has('to') ? oneOf(args, 'to', vectorFormats, 'word2vec') : formatOf(to);
  using vectors = await loadVectors(args);
  // A folder keeps what was asked of the matrix, where a folder can; the other forms hold f32 alone.
  const dtype = format === 'vectral' ? (args.options.get('dtype') === 'f32' ? 'f32' : 'f16') : 'f32';
  await vectors.save(to, { format, dtype });
  await (await openSink(undefined)).write(`${to}: ${vectors.size} words of ${vectors.dim} dimensions, ${dtype}\n`);
}
