import { join } from 'node:path';
import { ConfigError } from '../../../errors.js';
import { JsonFile } from '../../../json-file.js';
import { embedding } from '../../../ops/index.js';
import { WhitespaceTokenizer } from '../../../tokenizers/whitespace.js';
import { readTable } from './embedding-table.js';
import type { FirstModule, FirstSource } from './first-module.js';

/** A vector for each word of a vocabulary: GloVe's, word2vec's. Other words are passed over. */
export async function loadWordEmbeddings({ folder, weights }: FirstSource): Promise<FirstModule> {
  const file = join(folder, 'wordembedding_config.json');
  const settings = await JsonFile.read(file);
  const name = settings.string('tokenizer_class').split('.').at(-1);
  if (name !== 'WhitespaceTokenizer')
    throw settings.error('tokenizer_class', `is ${name}, which is not supported; supported: WhitespaceTokenizer`);
  const maxSeqLength = settings.integer('max_seq_length', { fallback: 1_000_000 });
  const checkpoint = await weights();
  const table = readTable(checkpoint, 'emb_layer.weight'); // [V, D]
  const [vocabSize = 0, hiddenSize = 0] = table.shape;
  return {
    name: 'WordEmbeddings',
    encoder: { hiddenSize, limits: { vocabSize }, encode: ({ inputIds }) => embedding(table, inputIds) },
    config: new JsonFile(file, { ...settings.value, model_type: 'words', architectures: ['WordEmbeddings'] }),
    pooling: undefined,
    tokensPerThread: 16_384,
    async readText() {
      const tokenizer = await WhitespaceTokenizer.load(folder);
      if (tokenizer.vocabSize > vocabSize) {
        const problem = `has ${tokenizer.vocabSize} words, but ${checkpoint.source} has ${vocabSize} rows`;
        throw new ConfigError(join(folder, 'whitespacetokenizer_config.json'), 'vocab', problem);
      }
      return { tokenizer, maxSeqLength, taskLengths: new Map(), lowerCase: false, specialTokens: false };
    },
  };
}
