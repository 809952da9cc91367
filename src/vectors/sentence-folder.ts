/** Word vectors as a sentence-transformers folder: their mean, or SIF and uSIF without common components. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, WeightsError } from '../errors.js';
import { convert } from '../ops/index.js';
import { checkOptions, checkPath } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { WhitespaceTokenizer } from '../tokenizers/whitespace.js';
import { writeSafetensors } from '../weights/safetensors.js';
import { type Corpus, checkCorpus } from './corpus.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { checks, withoutUndefined } from './option-checks.js';
import { largestHalf } from './save-vectors.js';
import { commonComponents, countTokens, sifWeights, sum, usifWeights } from './sentence-weighting.js';

/** How {@link saveSentenceTransformer} makes one vector of the words of a text. */
export interface SentenceWeightingOptions {
  /**
   * `mean`: of the words. `sif` (Arora, Liang and Ma 2017): words weigh a / (a + p), p their share of `counts`, or of the words of the
   * corpus that have a vector, and what the
   * sentences of the corpus have most in common is taken away. `usif` (Ethayarajh 2018): a / (a / 2 + p) with `a` from the
   * vocabulary, and several components, each as far as it is common. Default: `mean`.
   */
  weighting?: 'mean' | 'sif' | 'usif' | undefined;
  /** Sentences like those to be encoded: words are counted there, and common components found. `mean` needs none. */
  corpus?: Corpus | undefined;
  /** How often words come, where that is known better than from the corpus. */
  counts?: ReadonlyMap<string, number> | undefined;
  /** Of `sif`, above 0. Default: 1e-3. */
  a?: number | undefined;
  /** Words that a sentence of `usif` has. Default: 11. */
  sentenceLength?: number | undefined;
  /** Common components to take away, at most the vectors' own. Default: 1 for `sif`, 5 for `usif`. */
  components?: number | undefined;
  /** Words that are passed over. Default: none. */
  stopWords?: readonly string[] | undefined;
  /** Texts in lower case first; else words that are not known as they stand. Default: false. */
  lowerCase?: boolean | undefined;
  /** Of the vectors in the folder. Default: `f32`. */
  dtype?: 'f32' | 'f16' | undefined;
  /** Ends the work with its reason. */
  signal?: AbortSignal | undefined;
}

const call = 'saveSentenceTransformer';
const largestFloat = 3.4028234663852886e38;
const modules = 'sentence_transformers.sentence_transformer.modules';
const types = {
  WordEmbeddings: `${modules}.word_embeddings.WordEmbeddings`,
  WordWeights: `${modules}.word_weights.WordWeights`,
  Pooling: `${modules}.pooling.Pooling`,
  Dense: 'sentence_transformers.base.modules.dense.Dense',
};

/**
 * Writes a folder that `SentenceTransformer.load` and sentence-transformers take: WordEmbeddings, WordWeights, Pooling and, for
 * common components C with shares s, a Dense layer of I - Cᵀ diag(s) C. Vectors have the directions of the papers' and other
 * lengths: sentence-transformers divides by the sum of the weights, the papers by the number of words.
 * @throws UsageError for options that make no sense, and a corpus none of whose words is known.
 */
export async function saveSentenceTransformer(
  vectors: KeyedVectors,
  folder: string,
  options: SentenceWeightingOptions = {},
): Promise<void> {
  const { weighting, corpus, counts, stopWords, lowerCase, dtype, signal, ...numbers } = readOptions(
    options,
    vectors.dim,
  );
  checkPath(call, folder);
  signal?.throwIfAborted();
  const { dim, size } = vectors;
  const words = vectors.words();
  const tokenizer = new WhitespaceTokenizer(words, stopWords, lowerCase);
  const rows = vectors.rows(Int32Array.from({ length: size }, (_, i) => i));
  const most = dtype === 'f16' ? largestHalf : largestFloat;
  const odd = rows.findIndex((x) => !(Math.abs(x) <= most));
  if (odd >= 0) {
    const word = JSON.stringify(words[Math.floor(odd / dim)]);
    throw new UsageError(`${call}: the vector of ${word} holds ${rows[odd]}, which ${dtype} cannot hold as a number`);
  }
  let weights: Float64Array | undefined;
  let projection: Float64Array | undefined;
  if (weighting !== 'mean') {
    const known = counts ? words.map((word) => counts.get(word) ?? 0) : await countTokens(tokenizer, corpus!, signal);
    if (!known.some((count) => count > 0)) {
      throw new UsageError(`${call}: no word of the ${counts ? 'counts' : 'corpus'} has a vector`);
    }
    const total = sum(counts?.values() ?? known);
    weights =
      weighting === 'sif' ? sifWeights(known, total, numbers.a) : usifWeights(known, total, numbers.sentenceLength);
    if (numbers.components > 0) {
      const source = { rows, dim, weights, tokenizer };
      projection = await commonComponents(source, corpus!, numbers.components, weighting === 'usif', signal);
    }
  }
  signal?.throwIfAborted();
  try {
    await writeFolder(folder, { words, rows, dim, stopWords, lowerCase, dtype, weights, projection });
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw new WeightsError(`${folder}: cannot be written (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
  }
}

function readOptions(options: SentenceWeightingOptions, dim: number) {
  checkOptions(call, options, [
    'weighting',
    'corpus',
    'counts',
    'a',
    'sentenceLength',
    'components',
    'stopWords',
    'lowerCase',
    'dtype',
    'signal',
  ]);
  const given = withoutUndefined(options);
  const settings = {
    weighting: 'mean' as const,
    corpus: undefined,
    counts: undefined,
    a: 1e-3,
    sentenceLength: 11,
    components: given.weighting === 'usif' ? Math.min(5, dim) : 1,
    stopWords: [],
    lowerCase: false,
    dtype: 'f32' as const,
    signal: undefined,
    ...given,
  };
  const { refuse, whole, number } = checks(call);
  const { weighting, corpus, counts, dtype, stopWords } = settings;
  if (!['mean', 'sif', 'usif'].includes(weighting)) refuse(`weighting must be mean, sif or usif, got ${weighting}`);
  if (dtype !== 'f32' && dtype !== 'f16') refuse(`dtype must be f32 or f16, got ${dtype}`);
  if (!stopWords.every((word) => typeof word === 'string')) refuse('stopWords must be a list of words');
  if (counts !== undefined && !(counts instanceof Map)) refuse('counts must be a Map of words to numbers');
  for (const [word, count] of counts ?? []) number(`the count of ${JSON.stringify(word)}`, count, 0);
  number('a', settings.a, Number.MIN_VALUE);
  whole('sentenceLength', settings.sentenceLength, 1, 1e6);
  whole('components', settings.components, 0, dim);
  if (corpus !== undefined) checkCorpus(call, corpus);
  if (weighting !== 'mean' && corpus === undefined && (counts === undefined || settings.components > 0))
    refuse(`${weighting} needs a corpus, where words are counted and common components found`);
  return settings;
}

interface Parts {
  readonly words: readonly string[];
  readonly rows: Float32Array;
  readonly dim: number;
  readonly stopWords: readonly string[];
  readonly lowerCase: boolean;
  readonly dtype: 'f32' | 'f16';
  readonly weights: Float64Array | undefined;
  readonly projection: Float64Array | undefined;
}

async function writeFolder(folder: string, parts: Parts): Promise<void> {
  const { words, rows, dim, weights, projection } = parts;
  await mkdir(folder, { recursive: true });
  // Written last, and not there before: a folder that is not whole has no list of modules.
  await rm(path.join(folder, 'modules.json'), { force: true });
  const list: { idx: number; name: string; path: string; type: string }[] = [];
  const module = async (type: keyof typeof types, config: [string, unknown][], tensors?: Record<string, Tensor>) => {
    const idx = list.length;
    const name = idx === 0 ? '' : `${idx}_${type}`;
    list.push({ idx, name: String(idx), path: name, type: types[type] });
    await mkdir(path.join(folder, name), { recursive: true });
    for (const [file, value] of config) await writeJson(path.join(folder, name, file), value);
    if (tensors) await writeSafetensors(path.join(folder, name, 'model.safetensors'), tensors);
  };
  const table = Tensor.from(rows, { shape: [words.length, dim] });
  await module(
    'WordEmbeddings',
    [
      [
        'wordembedding_config.json',
        {
          tokenizer_class: `${modules}.tokenizer.whitespace.WhitespaceTokenizer`,
          update_embeddings: false,
          max_seq_length: 1_000_000,
        },
      ],
      [
        'whitespacetokenizer_config.json',
        { vocab: words, stop_words: parts.stopWords, do_lower_case: parts.lowerCase },
      ],
    ],
    { 'emb_layer.weight': parts.dtype === 'f16' ? convert(table, 'f16') : table },
  );
  if (weights) {
    const word_weights = Object.fromEntries(words.map((word, i) => [word, weights[i]]));
    const column = Tensor.from(Float32Array.from(weights), { shape: [words.length, 1] });
    await module('WordWeights', [['config.json', { vocab: words, word_weights, unknown_word_weight: 1 }]], {
      'emb_layer.weight': column,
    });
  }
  await module('Pooling', [['config.json', { embedding_dimension: dim, pooling_mode: 'mean', include_prompt: true }]]);
  if (projection) {
    const config = {
      in_features: dim,
      out_features: dim,
      bias: false,
      activation_function: 'torch.nn.modules.linear.Identity',
      module_input_name: 'sentence_embedding',
      module_output_name: 'sentence_embedding',
    };
    const weight = Tensor.from(Float32Array.from(projection), { shape: [dim, dim] });
    await module('Dense', [['config.json', config]], { 'linear.weight': weight });
  }
  await writeJson(path.join(folder, 'config_sentence_transformers.json'), {
    model_type: 'SentenceTransformer',
    prompts: {},
    default_prompt_name: null,
    similarity_fn_name: 'cosine',
  });
  await writeJson(path.join(folder, 'modules.json'), list);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 1)}\n`);
}
