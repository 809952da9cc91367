/** `vectral embed`: texts to vectors. */
import { type Command, oneOf } from './command.js';
import { createWriter, formats, type MatrixWriter } from './formats.js';
import { encodeOptions, loadModel, onlyFloat32, readEncodeOptions } from './model-options.js';
import { openSink, type Sink } from './output.js';
import { createProgress } from './progress.js';
import { inputOptions, readTexts } from './texts.js';
import { createTruncation } from './truncation.js';

export const embed: Command = {
  name: 'embed',
  usage: 'vectral embed [options] [--] [text ...]',
  description: `Writes one vector a text. Texts are the arguments, or the lines of a file or of standard input.
Formats: jsonl (a JSON list a line), json (a list of lists), csv, npy (NumPy), f32 (raw little-endian rows).`,
  options: {
    ...inputOptions,
    format: { value: 'FORMAT', help: `${formats.join(', ')} (jsonl)` },
    output: { value: 'FILE', short: 'o', help: 'write to a file instead of standard output' },
    ...encodeOptions,
    precision: { value: 'TYPE', help: 'type of the components written: float32' },
  },
  async run(args) {
    onlyFloat32(args);
    const format = oneOf(args, 'format', formats, 'jsonl');
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
      return createWriter(format, sink, options.truncateDim ?? model.dimension);
    };
    try {
      let done = 0;
      for await (const batch of model.encodeStream(texts, options)) {
        truncated.add(batch.truncated.indices, done);
        done += batch.length;
        progress.add(batch.length);
        writer ??= await open();
        await writer.write(batch);
      }
      writer ??= await open();
      await writer.end();
    } finally {
      progress.end();
      await sink?.close();
    }
    truncated.report();
  },
};
