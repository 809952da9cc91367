/** What a loaded model is and how it runs: what `vectral inspect` prints. */
import { type NativeInfo, native } from '../../native.js';
import { sizeOf } from '../../tensor/shape.js';
import type { WeightEntry } from '../../weights/weight-file.js';
import type { SentenceRoutes } from './sentence-routes.js';
import type { SentenceTransformer } from './sentence-transformer.js';

/** What {@link SentenceTransformer.describe} gives. */
export interface ModelDescription {
  readonly folder: string;
  /** config.json's class name, e.g. `BertModel`. */
  readonly architecture: string;
  readonly modelType: string;
  /** Numbers in all weights; buffers such as position ids do not count. */
  readonly parameters: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly Pick<WeightEntry, 'name' | 'dtype' | 'shape'>[];
  readonly modules: readonly string[];
  readonly dimension: number;
  readonly maxSeqLength: number;
  readonly tokenizer: { readonly kind: string; readonly vocabSize: number; readonly maxLength: number };
  readonly pooling: { readonly modes: readonly string[]; readonly includePrompt: boolean };
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
  readonly similarityFnName: string;
  /**
   * Bytes: weight files mapped, weights packed for the instruction set, those of them that came packed from the cache,
   * working memory of the largest run so far.
   */
  readonly memory: {
    readonly mapped: number;
    readonly packed: number;
    readonly cached: number;
    readonly arena: number;
  };
  readonly native: NativeInfo;
}

export function describeModel(model: SentenceTransformer, { usual, all }: SentenceRoutes): ModelDescription {
  const { first, pooling, names } = usual.modules;
  const { config } = first;
  const checkpoints = all.flatMap(({ modules }) => modules.checkpoints);
  const memory = all.map(({ program }) => program.memory);
  const total = (of: (part: (typeof memory)[number]) => number) => memory.reduce((sum, part) => sum + of(part), 0);
  const entries = checkpoints.flatMap((checkpoint) => checkpoint.files.flatMap((file) => file.entries));
  const numbers = /^(B?F\d|I8)/; // I8: matrices of quantized folders, beside scales that are no parameters
  const floats = entries.filter(({ dtype, name }) => numbers.test(dtype) && !name.endsWith('_scale'));
  const { architectures } = config.value;
  return {
    folder: model.folder,
    architecture: Array.isArray(architectures) ? String(architectures[0]) : 'unknown',
    modelType: config.string('model_type'),
    parameters: floats.reduce((sum, entry) => sum + sizeOf(entry.shape), 0),
    config: config.value,
    tensors: entries.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    modules: names,
    dimension: model.dimension,
    maxSeqLength: model.maxSeqLength,
    tokenizer: {
      kind: usual.tokenizer.kind,
      vocabSize: usual.tokenizer.vocabSize,
      maxLength: usual.tokenizer.modelMaxLength,
    },
    pooling: { modes: pooling.modes, includePrompt: pooling.includePrompt },
    prompts: model.prompts,
    defaultPromptName: model.defaultPromptName,
    similarityFnName: model.similarityFnName,
    memory: {
      mapped: entries.reduce((sum, entry) => sum + entry.end - entry.begin, 0),
      packed: total(({ packed }) => packed),
      cached: total(({ cached }) => cached),
      arena: total(({ arena }) => arena),
    },
    native: native.info(),
  };
}
