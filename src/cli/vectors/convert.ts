/** `vectral vectors convert`: vectors in another form. */
import { statSync } from 'node:fs';
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
  const from = args.options.get('vectors');
  const inPlace = from === undefined || statSync(from, { throwIfNoEntry: false })?.isDirectory() === true;
  const asked = args.options.get('dtype');
  // A folder has a dtype of its own, and a new one that which was asked for or is there; the other forms hold f32 alone.
  const options = new Map(args.options);
  if (inPlace && format === 'vectral') options.delete('dtype');
  using vectors = await loadVectors({ ...args, options });
  const wanted = asked ?? (inPlace ? vectors.dtype : 'f16');
  const dtype = format === 'vectral' && wanted !== 'f32' ? 'f16' : 'f32';
  await vectors.save(to, { format, dtype });
  await (await openSink(undefined)).write(`${to}: ${vectors.size} words of ${vectors.dim} dimensions, ${dtype}\n`);
}
