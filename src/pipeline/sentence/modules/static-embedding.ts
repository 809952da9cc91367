import { join } from 'node:path';
import { ConfigError, WeightsError } from '../../../errors.js';
import { JsonFile } from '../../../json-file.js';
import { embedding } from '../../../ops/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { Tokenizer } from '../../../tokenizers/tokenizer.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';
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
  const names = checkpoint.names;
  const read = (name: string, rank: number): Tensor => {
    const tensor = checkpoint.tensor(name);
    if (tensor.shape.length === rank && tensor.size > 0) return tensor;
    const found = `[${tensor.shape.join(', ')}]`;
    throw new WeightsError(`${checkpoint.source}: "${name}" must have ${rank} dimensions, none 0; found ${found}`);
  };
  const own = names.includes('embedding.weight');
  const rows = read(own ? 'embedding.weight' : 'embeddings', 2);
  const inPlace = rows.dtype === 'f32' || rows.dtype === 'f16' || rows.dtype === 'bf16';
  const folded = own ? [] : ['mapping', 'weights'].filter((name) => names.includes(name));
  if (inPlace && folded.length === 0) return rows;
  const [count = 0, width = 0] = rows.shape;
  const values = numbers(rows);
  const [mapping, weights] = ['mapping', 'weights'].map((name) =>
    folded.includes(name) ? numbers(read(name, 1)) : undefined,
  );
  const tokens = mapping?.length ?? count;
  if (weights && weights.length !== tokens)
    throw new WeightsError(`${checkpoint.source}: "weights" has ${weights.length} numbers for ${tokens} tokens`);
  const table = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    const row = mapping?.[token] ?? token;
    if (!(Number.isInteger(row) && row >= 0 && row < count))
      throw new WeightsError(`${checkpoint.source}: "mapping" names row ${row} of ${count}`);
    const weight = weights?.[token] ?? 1;
    for (let c = 0; c < width; c++) table[token * width + c] = values[row * width + c]! * weight;
  }
  return Tensor.from(table, { shape: [tokens, width] });
}

function numbers(tensor: Tensor): Float32Array | Float64Array {
  const array = tensor.toArray();
  if (tensor.dtype === 'f16' || tensor.dtype === 'bf16') return tensor.toFloat32Array();
  return array instanceof Float32Array ? array : Float64Array.from(array as ArrayLike<number | bigint>, Number);
}
