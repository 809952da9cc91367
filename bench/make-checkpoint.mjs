/**
 * A model of BERT-base size with random weights: node bench/make-checkpoint.mjs OUT_FOLDER
 * Speed does not depend on what the weights are, so none need be fetched; the same seed gives the same file.
 * Vocabulary and tokenizer are those of the default model, which are BERT's own (uncased).
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tensor, writeSafetensors } from 'vectral';
import { seededRandom } from '../dist/esm/measure/statistics.js';

const tokenizerFrom = path.join(path.dirname(fileURLToPath(import.meta.url)), '../models/all-MiniLM-L6-v2');
const out = process.argv[2];
if (!out) throw new Error('usage: node bench/make-checkpoint.mjs OUT_FOLDER');

// Devlin et al. 2018, arXiv:1810.04805: BERT-base.
const config = {
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  max_position_embeddings: 512,
  position_embedding_type: 'absolute',
  type_vocab_size: 2,
  vocab_size: 30522,
  pad_token_id: 0,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  initializer_range: 0.02,
};

const random = seededRandom(768);
const SPREAD = Math.sqrt(3) * config.initializer_range; // a uniform number in ±SPREAD has BERT's standard deviation
const tensors = {};
const add = (name, shape, value) => {
  const size = shape.reduce((a, b) => a * b, 1);
  tensors[name] = Tensor.from(Float32Array.from({ length: size }, value), { shape });
};
const weight = (name, ...shape) => add(`${name}.weight`, shape, () => (2 * random() - 1) * SPREAD);
const linear = (name, inner, outer) => {
  weight(name, outer, inner);
  add(`${name}.bias`, [outer], () => (2 * random() - 1) * SPREAD);
};
const norm = (name) => {
  add(`${name}.weight`, [config.hidden_size], () => 1);
  add(`${name}.bias`, [config.hidden_size], () => 0);
};

const { hidden_size: hidden, intermediate_size: inner } = config;
weight('embeddings.word_embeddings', config.vocab_size, hidden);
weight('embeddings.position_embeddings', config.max_position_embeddings, hidden);
weight('embeddings.token_type_embeddings', config.type_vocab_size, hidden);
norm('embeddings.LayerNorm');
for (let i = 0; i < config.num_hidden_layers; i++) {
  const layer = `encoder.layer.${i}`;
  for (const part of ['query', 'key', 'value']) linear(`${layer}.attention.self.${part}`, hidden, hidden);
  linear(`${layer}.attention.output.dense`, hidden, hidden);
  norm(`${layer}.attention.output.LayerNorm`);
  linear(`${layer}.intermediate.dense`, hidden, inner);
  linear(`${layer}.output.dense`, inner, hidden);
  norm(`${layer}.output.LayerNorm`);
}
linear('pooler.dense', hidden, hidden);

// Everything but the weights and the numbers is the default model's: tokenizer, modules, maximum length.
fs.mkdirSync(path.join(out, '1_Pooling'), { recursive: true });
for (const file of fs
  .readdirSync(tokenizerFrom)
  .filter((name) => /\.(json|txt)$/.test(name) && name !== 'package.json'))
  fs.copyFileSync(path.join(tokenizerFrom, file), path.join(out, file));
const pooling = JSON.parse(fs.readFileSync(path.join(tokenizerFrom, '1_Pooling/config.json'), 'utf8'));
const write = (file, value) => fs.writeFileSync(path.join(out, file), `${JSON.stringify(value, null, 2)}\n`);
write('1_Pooling/config.json', { ...pooling, word_embedding_dimension: hidden });
write('config.json', config);
await writeSafetensors(path.join(out, 'model.safetensors'), tensors, { format: 'pt' });
