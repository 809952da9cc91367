import { join } from 'node:path';
import { JsonFile } from '../../../json-file.js';
import { bagOfWords } from '../../../ops/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { WhitespaceTokenizer } from '../../../tokenizers/whitespace.js';
import type { FirstModule, FirstSource } from './first-module.js';

/** A column for each word of a vocabulary, which holds how often it comes times what it weighs (tf-idf, say). */
export async function loadBow({ folder }: FirstSource): Promise<FirstModule> {
  const file = join(folder, 'config.json');
  const config = await JsonFile.read(file);
  const vocab = [...new Set(wordsOf(config))];
  const weightOf = weightsOf(config);
  const unknown = config.number('unknown_word_weight', { fallback: 1 });
  const cumulative = config.boolean('cumulative_term_frequency', true);
  const weights = Tensor.from(
    Float32Array.from(vocab, (word) => weightOf(word) ?? weightOf(word.toLowerCase()) ?? unknown),
  ); // [V]
  const size = vocab.length;
  return {
    name: 'BoW',
    // no rows of tokens: the pooling counts the ids themselves
    encoder: { hiddenSize: size, limits: { vocabSize: size }, encode: ({ inputIds }) => inputIds },
    config: new JsonFile(file, { ...config.value, model_type: 'words', architectures: ['BoW'] }),
    pooling: {
      modes: [],
      includePrompt: true,
      outFeatures: size,
      forward: (_, { inputIds, offsets }) => bagOfWords(inputIds, weights, offsets, { cumulative }),
    },
    tokensPerThread: 16_384,
    async readText() {
      const tokenizer = new WhitespaceTokenizer(vocab);
      const maxSeqLength = Number.POSITIVE_INFINITY;
      return { tokenizer, maxSeqLength, taskLengths: new Map(), lowerCase: false, specialTokens: false };
    },
  };
}

function wordsOf(config: JsonFile): readonly string[] {
  const { vocab } = config.value;
  if (Array.isArray(vocab) && vocab.length > 0 && vocab.every((word) => typeof word === 'string')) return vocab;
  throw config.error('vocab', 'must be a list of words');
}

function weightsOf(config: JsonFile): (word: string) => number | undefined {
  const given: unknown = config.value.word_weights ?? {};
  const weights =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : undefined;
  if (!weights?.every(([, weight]) => Number.isFinite(weight)))
    throw config.error('word_weights', 'must be an object of numbers');
  const known = new Map(weights);
  return (word) => known.get(word);
}
