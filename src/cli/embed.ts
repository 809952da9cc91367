/** `vectral embed`: texts to vectors. */
import { UsageError } from '../errors.js';
import type { Embeddings } from '../pipeline/embeddings/embeddings.js';
import type { Precision } from '../pipeline/embeddings/quantized-embeddings.js';
import { type Command, oneOf } from './command.js';
import { type ComponentType, createWriter, formats, type MatrixWriter } from './formats.js';
import { encodeOptions, loadModel, readEncodeOptions } from './model-options.js';
import { openSink, type Sink } from './output.js';
import { createProgress } from './progress.js';
import { inputOptions, readTexts } from './texts.js';
import { createTruncation } from './truncation.js';

/** What the numbers of each precision are written as. */
const components: Readonly<Record<Precision, ComponentType>> = {
  float32: 'float32',
  int8: 'int8',
  uint8: 'uint8',
  binary: 'int8',
  ubinary: 'uint8',
};

export const embed: Command = {
  name: 'embed',
  usage: 'vectral embed [options] [--] [text ...]',
  description: `Writes one vector a text. Texts are the arguments, or the lines of a file or of standard input.
Formats: jsonl (a JSON list a line), json (a list of lists), csv, npy (NumPy), f32 (raw little-endian rows).
Precisions: float32; int8 and uint8, 256 steps from the smallest to the largest value of each component, for which all
vectors wait in memory; binary and ubinary, one bit a component, eight in a number.`,
  options: {
    ...inputOptions,
    format: { value: 'FORMAT', help: `${formats.join(', ')} (jsonl)` },
    output: { value: 'FILE', short: 'o', help: 'write to a file instead of standard output' },
    ...encodeOptions,
    precision: { value: 'TYPE', help: 'float32 (default), int8, uint8, binary, ubinary' },
  },
  async run(args) {
    const format = oneOf(args, 'format', formats, 'jsonl');
    const precision = oneOf(args, 'precision', Object.keys(components) as Precision[], 'float32');
    if (format === 'f32' && precision !== 'float32') {
      throw new UsageError(`--format f32 has float32 components; for --precision ${precision} take npy`);
    }
    const options = readEncodeOptions(args);
    const texts = await readTexts(args);
    const path = args.options.get('output');
    await using model = await loadModel(args);
    const progress = createProgress(path === undefined && process.stdout.isTTY);
    const truncated = createTruncation(model.maxSeqLength);
    // Opened when there is something to write: a mistake found before that leaves an older file as it was.
    let sink: Sink | undefined;
    let writer: MatrixWriter | undefined;
    const open = async () => {
      sink = await openSink(path);
      const dimension = options.truncateDim ?? model.dimension;
      const width = precision.endsWith('binary') ? Math.ceil(dimension / 8) : dimension;
      return createWriter(format, sink, width, components[precision]);
    };
    const { quantizeEmbeddings } = await import('../pipeline/embeddings/quantized-embeddings.js');
    const all: Embeddings[] = [];
    try {
      let done = 0;
      for await (const batch of model.encodeStream(texts, options)) {
        truncated.add(batch.truncated.indices, done);
        done += batch.length;
        progress.add(batch.length);
        if (precision === 'int8' || precision === 'uint8') {
          all.push(batch);
          continue;
        }
        writer ??= await open();
        await writer.write(precision === 'float32' ? batch : quantizeEmbeddings(batch, precision));
      }
      const kept = all.flatMap((batch) => batch.rows());
      const waiting = kept.length > 0 ? quantizeEmbeddings(kept, precision as 'int8') : undefined;
      writer ??= await open();
      if (waiting) await writer.write(waiting);
      await writer.end();
    } finally {
      progress.end();
      await sink?.close();
    }
    truncated.report();
  },
};
