import { join } from 'node:path';
import { ConfigError, WeightsError } from '../../../errors.js';
import { JsonFile } from '../../../json-file.js';
import { embedding } from '../../../ops/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { Tokenizer } from '../../../tokenizers/tokenizer.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';
import { numbers, readTable, readTensor } from './embedding-table.js';
import type { FirstModule, FirstSource } from './first-module.js';
import { Pooling } from './pooling.js';

/**
 * A vector for each token, and their mean (StaticEmbedding of sentence-transformers, which also reads model2vec's folders).
 * No special tokens, and no limit but tokenizer.json's own; a text without tokens is zeros.
 */
export async function loadStaticEmbedding({ folder, weights }: FirstSource): Promise<FirstModule> {
  const checkpoint = await weights();
  const table = tableOf(checkpoint); // [V, D]
  const [vocabSize = 0, hiddenSize = 0] = table.shape;
  const file = join(folder, 'config.json');
  const found = (await JsonFile.readOptional(file)) ?? new JsonFile(file, {});
  const config = new JsonFile(file, { model_type: 'static', architectures: ['StaticEmbedding'], ...found.value });
  return {
    name: 'StaticEmbedding',
    encoder: { hiddenSize, limits: { vocabSize }, encode: ({ inputIds }) => embedding(table, inputIds) },
    config,
    pooling: new Pooling(new JsonFile(file, { pooling_mode: 'mean' }), hiddenSize),
    // a token is one row: many are a job
    tokensPerThread: 16_384,
    async readText() {
      const tokenizer = await Tokenizer.load(folder);
      const { truncation } = tokenizer;
      if (truncation?.side === 'left')
        throw new ConfigError(join(folder, 'tokenizer.json'), 'truncation.direction', 'is "Left"; supported: "Right"');
      const maxSeqLength = truncation?.maxLength ?? Number.POSITIVE_INFINITY;
      return { tokenizer, maxSeqLength, taskLengths: new Map(), lowerCase: false, specialTokens: false };
    },
  };
}

/** `embedding.weight`; or model2vec's `embeddings`, of which a token takes row `mapping[id]`, times `weights[id]`. */
function tableOf(checkpoint: Checkpoint): Tensor {
  const { names } = checkpoint;
  if (names.includes('embedding.weight')) return readTable(checkpoint, 'embedding.weight');
  const table = readTable(checkpoint, 'embeddings');
  const [mapping, weights] = ['mapping', 'weights'].map((name) =>
    names.includes(name) ? numbers(readTensor(checkpoint, name, 1)) : undefined,
  );
  if (!mapping && !weights) return table;
  const [count = 0, width = 0] = table.shape;
  const rows = table.toFloat32Array();
  const tokens = mapping?.length ?? count;
  if (weights && weights.length !== tokens)
    throw new WeightsError(`${checkpoint.source}: "weights" has ${weights.length} numbers for ${tokens} tokens`);
  const folded = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    const row = mapping?.[token] ?? token;
    if (!(Number.isInteger(row) && row >= 0 && row < count))
      throw new WeightsError(`${checkpoint.source}: "mapping" names row ${row} of ${count}`);
    const weight = weights?.[token] ?? 1;
    for (let c = 0; c < width; c++) folded[token * width + c] = rows[row * width + c]! * weight;
  }
  return Tensor.from(folded, { shape: [tokens, width] });
}
