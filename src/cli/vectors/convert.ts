/** `vectral vectors convert`: vectors in another form. */
import { UsageError } from '../../errors.js';
import { vectorFormats } from '../../vectors/save-vectors.js';
import { type Arguments, oneOf } from '../command.js';
import { openSink } from '../output.js';
import { loadVectors } from './load.js';

export async function convert(args: Arguments): Promise<void> {
  const [to, ...more] = args.positionals;
  if (to === undefined || more.length > 0) {
    throw new UsageError('convert needs the file to write: vectral vectors convert --vectors FROM <to>');
  }
  const format = args.options.has('to') ? oneOf(args, 'to', vectorFormats, 'word2vec') : undefined;
  using vectors = await loadVectors(args);
  await vectors.save(to, { ...(format && { format }) });
  await (await openSink(undefined)).write(`${to}: ${vectors.size} words of ${vectors.dim} dimensions\n`);
}
