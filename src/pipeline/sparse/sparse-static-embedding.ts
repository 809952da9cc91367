import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import { Tokenizer } from '../../tokenizers/tokenizer.js';
import { Checkpoint } from '../../weights/checkpoint.js';
import { WeightScope } from '../../weights/scope.js';
import type { SparseVector } from './sparse-embeddings.js';

/** A weight for each token of the vocabulary, of those that a text has: a sparse encoder without a model to run. */
export class SparseStaticEmbedding {
  readonly tokenizer: Tokenizer;
  readonly #weights: Float32Array;

  private constructor(tokenizer: Tokenizer, weights: Float32Array) {
    this.tokenizer = tokenizer;
    this.#weights = weights;
  }

  /** Reads weights `[V]` from safetensors, or from the JSON file that the config's `path` names: a token with its weight. */
  static async load(folder: string): Promise<SparseStaticEmbedding> {
    const tokenizer = await Tokenizer.load(folder);
    const config = await JsonFile.read(join(folder, 'config.json'));
    const path = config.has('path') ? config.string('path') : undefined;
    const weights =
      path === undefined ? await readWeights(folder, tokenizer.vocabSize) : await readTable(folder, path, tokenizer);
    return new SparseStaticEmbedding(tokenizer, weights);
  }

  get dimension(): number {
    return this.#weights.length;
  }

  /** The weights of a text's tokens, and how many tokens it has beyond the tokenizer's limit, which do not count. */
  encode(text: string): SparseVector & { readonly truncated: number } {
    const { ids, truncated } = this.tokenizer.encode(text, { addSpecialTokens: false, truncation: true });
    const present = [...new Set(ids)].filter((id) => (this.#weights[id] ?? 0) !== 0).sort((a, b) => a - b);
    const values = Float32Array.from(present, (id) => this.#weights[id] ?? 0);
    return { indices: Int32Array.from(present), values, truncated };
  }
}

async function readWeights(folder: string, size: number): Promise<Float32Array> {
  const checkpoint = await Checkpoint.open(folder, { mmap: false });
  try {
    const w = WeightScope.of(checkpoint);
    const weights = w.vector('weight', size);
    w.finish();
    return weights.toFloat32Array();
  } finally {
    checkpoint.close();
  }
}

async function readTable(folder: string, path: string, tokenizer: Tokenizer): Promise<Float32Array> {
  if (!/^[^\\/]+\.json$/.test(path)) {
    throw new ConfigError(join(folder, 'config.json'), 'path', `is "${path}"; it must be a .json file in the folder`);
  }
  const table = await JsonFile.read(join(folder, path));
  const weights = new Float32Array(tokenizer.vocabSize);
  for (const token of Object.keys(table.value)) {
    const id = tokenizer.tokenToId(token);
    if (id === undefined) throw table.error(token, 'is no token of the vocabulary');
    weights[id] = table.number(token);
  }
  return weights;
}
