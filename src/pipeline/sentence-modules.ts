/** The modules of a sentence-transformers folder, in order, as one recorded program: token ids in, one vector a text out. */

import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { JsonFile } from '../json-file.js';
import { buildEncoder, type Encoder } from '../models/index.js';
import type { Batch } from '../nn/batch.js';
import { l2Normalize } from '../ops/index.js';
import { type CompileOptions, type Graph, Program } from '../program/index.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Checkpoint } from '../weights/checkpoint.js';
import type { ModuleEntry } from './folder.js';
import { Dense } from './modules/dense.js';
import { Pooling } from './modules/pooling.js';

export interface SentenceModules {
  readonly encoder: Encoder;
  readonly config: JsonFile;
  readonly pooling: Pooling;
  readonly dense: readonly Dense[];
  /** Module names in order, for people: `Transformer`, `Pooling(mean)`, `Normalize`. */
  readonly names: readonly string[];
  /** D of the vectors. */
  readonly dimension: number;
  readonly checkpoints: readonly Checkpoint[];
  /** What follows the encoder, `[N, D] → [S, dimension]`. */
  readonly head: (x: Tensor, batch: Batch, start: Tensor | undefined) => Tensor;
}

const supported = 'Transformer, Pooling, Dense, Normalize';

/** Builds the modules; `entries` undefined means the encoder and mean pooling. */
export async function loadModules(
  folder: string,
  entries: readonly ModuleEntry[] | undefined,
  options: { mmap?: boolean | undefined },
): Promise<SentenceModules> {
  const [transformer = { type: 'Transformer', folder }, ...rest] = entries ?? [];
  const modulesFile = join(folder, 'modules.json');
  const checkpoints: Checkpoint[] = [];
  const open = async (path: string) => {
    const checkpoint = await Checkpoint.open(path, { mmap: options.mmap ?? true });
    checkpoints.push(checkpoint);
    return checkpoint;
  };
  try {
    const config = await JsonFile.read(join(transformer.folder, 'config.json'));
    const encoder = buildEncoder(config, await open(transformer.folder));
    const names = ['Transformer'];
    const steps: ((x: Tensor) => Tensor)[] = [];
    const dense: Dense[] = [];
    let dimension = encoder.hiddenSize;
    let pooling: Pooling | undefined;
    for (const [index, { type, folder: path }] of rest.entries()) {
      const needsPooling = type === 'Dense' || type === 'Normalize';
      if (needsPooling ? !pooling : type !== 'Pooling' || pooling) {
        const place = `is ${type}, which cannot stand here; supported: ${supported}, with one Pooling after the Transformer`;
        throw new ConfigError(modulesFile, `[${index + 1}].type`, place);
      }
      if (type === 'Pooling') {
        pooling = new Pooling(await JsonFile.read(join(path, 'config.json')), dimension);
        dimension = pooling.outFeatures;
        names.push(`Pooling(${pooling.modes.join(', ')})`);
      } else if (type === 'Dense') {
        const layer = new Dense(await JsonFile.read(join(path, 'config.json')), await open(path), dimension);
        dimension = layer.outFeatures;
        dense.push(layer);
        steps.push((x) => layer.forward(x));
        names.push(`Dense(${layer.activation})`);
      } else {
        steps.push((x) => l2Normalize(x));
        names.push('Normalize');
      }
    }
    pooling ??= defaultPooling(modulesFile, entries, dimension);
    const pool = pooling;
    const head: SentenceModules['head'] = (x, batch, start) =>
      steps.reduce((y, step) => step(y), pool.forward(x, batch.offsets, start));
    return { encoder, config, pooling, dense, names, dimension, checkpoints, head };
  } catch (error) {
    for (const checkpoint of checkpoints) checkpoint.close();
    throw error;
  }
}

function defaultPooling(file: string, entries: readonly ModuleEntry[] | undefined, dimension: number): Pooling {
  if (entries)
    throw new ConfigError(file, '', 'has no Pooling module: the model gives token vectors, not text vectors');
  return new Pooling(new JsonFile(file, { pooling_mode: 'mean' }), dimension);
}

/** Records and compiles all modules: inputs inputIds, tokenTypeIds, offsets (and start), output sentenceEmbedding `[S, D]`. */
export function compileModules(modules: SentenceModules, options: CompileOptions): Promise<Program> {
  return Program.compile((graph: Graph) => {
    const batch: Batch = {
      inputIds: graph.input('inputIds', 'i32', [TOKENS]),
      tokenTypeIds: graph.input('tokenTypeIds', 'i32', [TOKENS]),
      offsets: graph.input('offsets', 'i32', [OFFSETS]),
      trace: () => {},
    };
    const start = modules.pooling.includePrompt ? undefined : graph.input('start', 'i32', [SEQUENCES]);
    return { sentenceEmbedding: modules.head(modules.encoder.encode(batch), batch, start) };
  }, options);
}
