/**
 * onnxruntime-node called directly with pooling inside the graph: the fastest way to run ONNX in Node. Variant: file
 * name in onnx/.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { importFrom } from '../peer-packages.mjs';
import { runGrouped } from './grouped.mjs';

const MAX_TOKENS = 256; // the model's max_seq_length

export async function load({ modelDir, peersDir, threads, variant }) {
  const ort = (await importFrom(path.join(peersDir, 'onnxruntime'), 'onnxruntime-node')).default;
  const readJson = (name) => JSON.parse(fs.readFileSync(path.join(modelDir, name), 'utf8'));
  const tokenizer = new Tokenizer(readJson('tokenizer.json'), readJson('tokenizer_config.json'));
  const file = path.join(peersDir, 'models', path.basename(modelDir), 'onnx', `${variant}.onnx`);
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: true,
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '1' } } },
  });

  const tokenize = (text) => {
    const { ids } = tokenizer.encode(text);
    return ids.length <= MAX_TOKENS ? ids : [...ids.slice(0, MAX_TOKENS - 1), ids.at(-1)];
  };

  async function run(sequences) {
    const width = Math.max(...sequences.map((s) => s.length));
    const shape = [sequences.length, width];
    const cells = sequences.length * width;
    const ids = new BigInt64Array(cells);
    const mask = new BigInt64Array(cells);
    sequences.forEach((sequence, row) => {
      for (let i = 0; i < sequence.length; i++) ids[row * width + i] = BigInt(sequence[i]);
      mask.fill(1n, row * width, row * width + sequence.length);
    });
    const output = await session.run({
      input_ids: new ort.Tensor('int64', ids, shape),
      attention_mask: new ort.Tensor('int64', mask, shape),
      token_type_ids: new ort.Tensor('int64', new BigInt64Array(cells), shape),
    });
    const { data, dims } = output.sentence_embedding;
    return sequences.map((_, row) => data.subarray(row * dims[1], (row + 1) * dims[1]));
  }

  return {
    groupings: [{ batch: 1 }, { batch: 8 }, { batch: 32 }, { batch: 16, sameLength: true }],
    async encode(texts, grouping) {
      const sequences = texts.map(tokenize);
      return runGrouped(
        sequences.map((s) => s.length),
        grouping,
        (part) => run(part.map((i) => sequences[i])),
      );
    },
    encodeIds: async (ids) => (await run([ids]))[0],
  };
}
