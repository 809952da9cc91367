/** `vectral quantize`: a model folder with its matrices in int8 or bf16. */
import { UsageError } from '../errors.js';
import { type Command, oneOf } from './command.js';
import { downloadLine } from './download-line.js';

export const quantize: Command = {
  name: 'quantize',
  usage: 'vectral quantize [options] <model> <folder>',
  description: `Writes a model folder whose matrices are quantized: int8 is about a quarter of float32, bf16 half of it. All else is
as it was. Such a folder computes in what it was quantized to unless told otherwise. A bf16 folder is read by
transformers too; an int8 one by vectral only.`,
  options: {
    dtype: { value: 'TYPE', help: 'int8 (default) or bf16' },
    force: { short: 'f', help: 'replace the model folder that is there' },
  },
  async run(args) {
    const [model, folder, ...more] = args.positionals;
    if (model === undefined || folder === undefined || more.length > 0) {
      throw new UsageError('quantize needs a model and a folder to write: vectral quantize <model> <folder>');
    }
    const dtype = oneOf(args, 'dtype', ['int8', 'bf16'] as const, 'int8');
    const { quantize: quantizeModel } = await import('../pipeline/quantize-model.js');
    const line = downloadLine();
    const options = { dtype, force: args.options.has('force'), onDownload: line.draw };
    const { before, after, folder: written } = await quantizeModel(model, folder, options).finally(line.end);
    const [from, now] = [before, after].map((bytes) => (bytes / 1e6).toFixed(1));
    process.stderr.write(`weights: ${from} MB to ${now} MB (${((100 * after) / before).toFixed(0)} %)\n`);
    process.stdout.write(`${written}\n`);
  },
};
