// The sound model folder that every case breaks in one place: a BERT with one layer, Pooling, Dense and Normalize.
import { json, safetensors } from './bytes.mjs';

const [hidden, wide, vocab, positions, types] = [4, 8, 6, 16, 2];

// Small numbers from a fixed sequence; a layer norm's weight lies near 1 so that nothing vanishes.
let state = 1;
function number() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32 - 0.5;
}

function f32(shape, around = 0) {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Buffer.alloc(size * 4);
  for (let i = 0; i < size; i++) data.writeFloatLE(around + number(), i * 4);
  return { dtype: 'F32', shape, data };
}

function linear(name, out, into) {
  return { [`${name}.weight`]: f32([out, into]), [`${name}.bias`]: f32([out]) };
}

function norm(name) {
  return { [`${name}.weight`]: f32([hidden], 1), [`${name}.bias`]: f32([hidden]) };
}

const layer = 'encoder.layer.0';

export const tensors = {
  'embeddings.word_embeddings.weight': f32([vocab, hidden]),
  'embeddings.position_embeddings.weight': f32([positions, hidden]),
  'embeddings.token_type_embeddings.weight': f32([types, hidden]),
  ...norm('embeddings.LayerNorm'),
  ...linear(`${layer}.attention.self.query`, hidden, hidden),
  ...linear(`${layer}.attention.self.key`, hidden, hidden),
  ...linear(`${layer}.attention.self.value`, hidden, hidden),
  ...linear(`${layer}.attention.output.dense`, hidden, hidden),
  ...norm(`${layer}.attention.output.LayerNorm`),
  ...linear(`${layer}.intermediate.dense`, wide, hidden),
  ...linear(`${layer}.output.dense`, hidden, wide),
  ...norm(`${layer}.output.LayerNorm`),
};

export const denseTensors = linear('linear', 6, hidden);

export const config = {
  architectures: ['BertModel'],
  model_type: 'bert',
  vocab_size: vocab,
  hidden_size: hidden,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: wide,
  max_position_embeddings: positions,
  type_vocab_size: types,
  layer_norm_eps: 1e-12,
  hidden_act: 'gelu',
};

const moduleClass = (name) => `sentence_transformers.models.${name}`;
export const modules = [
  { idx: 0, name: '0', path: '', type: moduleClass('Transformer') },
  { idx: 1, name: '1', path: '1_Pooling', type: moduleClass('Pooling') },
  { idx: 2, name: '2', path: '2_Dense', type: moduleClass('Dense') },
  { idx: 3, name: '3', path: '3_Normalize', type: moduleClass('Normalize') },
];

export const pooling = { word_embedding_dimension: hidden, pooling_mode_mean_tokens: true };

export const dense = {
  in_features: hidden,
  out_features: 6,
  bias: true,
  activation_function: 'torch.nn.modules.activation.Tanh',
};

export const sentence = { prompts: { query: 'a ' }, default_prompt_name: null, similarity_fn_name: 'cosine' };

const special = (id, content) => ({ id, content, special: true, normalized: false });
export const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [special(0, '[UNK]'), special(1, '[CLS]'), special(2, '[SEP]')],
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } },
      { SpecialToken: { id: '[SEP]', type_id: 1 } },
    ],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, a: 3, b: 4, '##b': 5 },
  },
};

/** Path → content of the whole folder. */
export const validFiles = {
  'config.json': json(config),
  'model.safetensors': safetensors(tensors),
  'modules.json': json(modules),
  '1_Pooling/config.json': json(pooling),
  '2_Dense/config.json': json(dense),
  '2_Dense/model.safetensors': safetensors(denseTensors),
  'config_sentence_transformers.json': json(sentence),
  'sentence_bert_config.json': json({ max_seq_length: 12, do_lower_case: false }),
  'tokenizer.json': json(tokenizer),
};
