/** The modules of a sentence-transformers folder, in order, as one recorded program: token ids in, one vector a text out. */

import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import type { Batch } from '../../nn/batch.js';
import { type CompileOptions, type Graph, Program } from '../../program/index.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Checkpoint } from '../../weights/checkpoint.js';
import { type ModuleEntry, misplaced } from '../folder/sentence-folder.js';
import { loadBow } from './modules/bow.js';
import { loadCnn } from './modules/cnn.js';
import { Dense } from './modules/dense.js';
import type { FirstModule, FirstSource } from './modules/first-module.js';
import { loadLayerNorm } from './modules/layer-norm.js';
import { loadLstm } from './modules/lstm.js';
import type { Feature, ModuleSource, TextModule, TokenModule } from './modules/module.js';
import { loadNormalize } from './modules/normalize.js';
import { Pooling, type TextPooling } from './modules/pooling.js';
import { loadStaticEmbedding } from './modules/static-embedding.js';
import { loadTransformer } from './modules/transformer.js';
import { loadWeightedLayerPooling } from './modules/weighted-layer-pooling.js';
import { loadWordEmbeddings } from './modules/word-embeddings.js';
import { loadWordWeights } from './modules/word-weights.js';

export interface SentenceModules {
  readonly first: FirstModule;
  readonly pooling: TextPooling;
  /** Module names in order, for people: `Transformer`, `Pooling(mean)`, `Normalize`. */
  readonly names: readonly string[];
  /** D of the vectors. */
  readonly dimension: number;
  readonly checkpoints: readonly Checkpoint[];
  /** Token ids to vectors, `[S, dimension]`. @param start as {@link Pooling.forward}. */
  readonly forward: (batch: Batch, start: Tensor | undefined) => Tensor;
}

const passes = (name: string) => (source: ModuleSource) =>
  Promise.resolve({ name, outFeatures: source.inFeatures, forward: (x: Tensor) => x });

const dense = (feature: Feature) => async (source: ModuleSource) =>
  new Dense(await source.config(), await source.weights(), source.inFeatures, feature);

/** Where texts enter. */
const firstModules: Readonly<Record<string, (source: FirstSource) => Promise<FirstModule>>> = {
  BoW: loadBow,
  StaticEmbedding: loadStaticEmbedding,
  Transformer: loadTransformer,
  WordEmbeddings: loadWordEmbeddings,
};

/** Types that the first module may have. */
export const firstTypes: readonly string[] = Object.keys(firstModules);

/** Before the pooling. */
const tokenModules: Readonly<Record<string, (source: ModuleSource) => Promise<TokenModule>>> = {
  CNN: loadCnn,
  LSTM: loadLstm,
  WeightedLayerPooling: loadWeightedLayerPooling,
  Dense: dense('token_embeddings'),
  Normalize: loadNormalize('token_embeddings'),
  Dropout: passes('Dropout'),
  WordWeights: loadWordWeights,
};

/** After the pooling. */
const textModules: Readonly<Record<string, (source: ModuleSource) => Promise<TextModule>>> = {
  Dense: dense('sentence_embedding'),
  Dropout: passes('Dropout'),
  LayerNorm: loadLayerNorm,
  Normalize: loadNormalize('sentence_embedding'),
};

const supported =
  'a BoW, StaticEmbedding, Transformer or WordEmbeddings, then CNN, LSTM, WeightedLayerPooling, Dense, Normalize, Dropout, WordWeights on tokens, one Pooling, then Dense, Normalize, LayerNorm, Dropout on texts';

/** Builds the modules; `entries` undefined means the encoder and mean pooling. */
export async function loadModules(
  folder: string,
  entries: readonly ModuleEntry[] | undefined,
  options: { mmap?: boolean | undefined },
): Promise<SentenceModules> {
  const [{ type: firstType, folder: firstFolder } = { type: 'Transformer', folder }, ...rest] = entries ?? [];
  const modulesFile = join(folder, 'modules.json');
  const checkpoints: Checkpoint[] = [];
  const open = async (path: string) => {
    const checkpoint = await Checkpoint.open(path, { mmap: options.mmap ?? true });
    checkpoints.push(checkpoint);
    return checkpoint;
  };
  try {
    const listed = entries !== undefined;
    const weights = () => open(firstFolder);
    const first = await firstModules[firstType]!({ folder: firstFolder, listed, weights });
    const { encoder, config } = first;
    const ofTokens: TokenModule[] = [];
    const ofTexts: TextModule[] = [];
    let { pooling } = first;
    let dimension = encoder.hiddenSize;
    for (const entry of rest) {
      const { type, folder: path } = entry;
      const configFile = join(path, 'config.json');
      const source: ModuleSource = {
        inFeatures: dimension,
        transformer: config,
        config: (name = 'config.json') => JsonFile.read(join(path, name)),
        optionalConfig: async () => (await JsonFile.readOptional(configFile)) ?? new JsonFile(configFile, {}),
        weights: () => open(path),
      };
      const loadForTokens = !pooling && Object.hasOwn(tokenModules, type) ? tokenModules[type] : undefined;
      const loadForTexts = pooling && Object.hasOwn(textModules, type) ? textModules[type] : undefined;
      if (loadForTokens) {
        const module = await loadForTokens(source);
        ofTokens.push(module);
        dimension = module.outFeatures;
      } else if (loadForTexts) {
        const module = await loadForTexts(source);
        ofTexts.push(module);
        dimension = module.outFeatures;
      } else if (type === 'Pooling' && !pooling) {
        pooling = new Pooling(await source.config(), dimension);
        checkWeighted(ofTokens, pooling, entry);
        dimension = pooling.outFeatures;
      } else {
        throw misplaced(entry, `it cannot stand here; supported: ${supported}`);
      }
    }
    const pool = pooling ?? defaultPooling(modulesFile, entries, dimension);
    const poolingNames = ['BoW', 'StaticEmbedding'].includes(first.name) ? [] : [`Pooling(${pool.modes.join(', ')})`];
    const names = [first.name, ...ofTokens.map(nameOf), ...poolingNames, ...ofTexts.map(nameOf)];
    const forward: SentenceModules['forward'] = (batch, start) => {
      const layers: Tensor[] = [];
      const trace = (name: string, value: () => Tensor) => {
        if (/\boutput$/.test(name)) layers.push(value());
      };
      // hidden states are asked for only where a module may read them
      const tokens = encoder.encode(ofTokens.length > 0 ? { ...batch, trace } : batch); // [N, D]
      const rows = ofTokens.reduce((x, module) => module.forward(x, batch, layers), tokens); // [N, D']
      const pooled = pool.forward(rows, batch, start, ofTokens.at(-1)?.weights?.(batch)); // [S, D'']
      return ofTexts.reduce((x, module) => module.forward(x), pooled); // [S, dimension]
    };
    return { first, pooling: pool, names, dimension, checkpoints, forward };
  } catch (error) {
    for (const checkpoint of checkpoints) checkpoint.close();
    throw error;
  }
}

/** @throws ConfigError unless weights of tokens come from the module right before a pooling that adds rows up. */
function checkWeighted(modules: readonly TokenModule[], pooling: TextPooling, entry: ModuleEntry): void {
  const place = modules.findIndex(({ weights }) => weights !== undefined);
  if (place < 0) return;
  if (place !== modules.length - 1) throw misplaced(entry, 'WordWeights must stand right before it');
  const other = pooling.modes.find((mode) => !/^mean(_sqrt_len(_tokens)?)?$/.test(mode));
  if (other !== undefined)
    throw misplaced(entry, `after WordWeights its modes must be mean or mean_sqrt_len, not ${other}`);
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
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
    return { sentenceEmbedding: modules.forward(batch, start) };
  }, options);
}
