// Lying config.json files.
import { json } from './bytes.mjs';
import { config } from './valid.mjs';

function whole(name, lies, content, names = []) {
  const files = { 'config.json': content };
  return { name: `config-${name}`, lies, error: 'ConfigError', file: 'config.json', names, files };
}

/** One field changed; undefined removes it. */
function field(name, lies, fields, error = 'ConfigError') {
  const names = Object.keys(fields).slice(0, 1);
  return { ...whole(name, lies, json({ ...config, ...fields }), names), error };
}

const counts = [
  'vocab_size',
  'hidden_size',
  'num_hidden_layers',
  'num_attention_heads',
  'intermediate_size',
  'max_position_embeddings',
  'type_vocab_size',
];
const slug = (name) => name.replaceAll('_', '-');

export const configCases = [
  { ...whole('missing', 'does not exist', undefined), files: {}, without: ['config.json'] },
  whole('empty', 'has no byte', ''),
  whole('not-json', 'is not JSON', '{ hidden_size: 4,\n  oops }\n', ['JSON']),
  whole('array', 'is a list', json([config]), ['object']),
  whole('null', 'is null', 'null\n', ['object']),
  whole('invalid-utf8', 'is not UTF-8', Buffer.from('{"model_type": "b\xe9rt"}', 'latin1'), ['UTF-8']),
  ...counts.map((name) => field(`${slug(name)}-string`, 'has a size in quotes', { [name]: String(config[name]) })),
  ...counts.map((name) => field(`${slug(name)}-negative`, 'has a negative size', { [name]: -1 })),
  field('hidden-size-missing', 'has no hidden_size', { hidden_size: undefined }),
  field('hidden-size-zero', 'has vectors of no number', { hidden_size: 0 }),
  field('hidden-size-huge', 'has vectors of 2^40 numbers', { hidden_size: 2 ** 40 }),
  field('hidden-size-list', 'has a list for a size', { hidden_size: [4] }),
  field('num-attention-heads-zero', 'has no head', { num_attention_heads: 0 }),
  field('num-attention-heads-half', 'has two heads and a half', { num_attention_heads: 2.5 }),
  field('num-attention-heads-three', 'has heads that do not divide hidden_size', { num_attention_heads: 3 }),
  field('num-hidden-layers-many', 'has 2^31 - 1 layers', { num_hidden_layers: 2 ** 31 - 1 }),
  field('max-position-embeddings-zero', 'has no position', { max_position_embeddings: 0 }),
  field('layer-norm-eps-string', 'has an eps in quotes', { layer_norm_eps: '1e-12' }),
  field('layer-norm-eps-negative', 'has a negative eps', { layer_norm_eps: -1 }),
  whole('layer-norm-eps-infinite', 'has an eps of 1e999', json(config).replace('1e-12', '1e999'), ['layer_norm_eps']),
  field('model-type-missing', 'names no family', { model_type: undefined }),
  field('model-type-unknown', 'names a family that does not exist', { model_type: 'brat' }),
  field('model-type-proto', 'names a property of every object', { model_type: '__proto__' }),
  field('model-type-number', 'has a number for a family', { model_type: 5 }),
  field('hidden-act-unknown', 'names an activation that does not exist', { hidden_act: 'gelux' }),
  field('hidden-act-constructor', 'names a property of every object', { hidden_act: 'constructor' }),
  field('hidden-act-number', 'has a number for an activation', { hidden_act: 1 }),
  field('is-decoder', 'is a decoder', { is_decoder: true }),
  field('is-decoder-string', 'has a string for a truth value', { is_decoder: 'no' }),
  field('relative-positions', 'has relative positions', { position_embedding_type: 'relative_key' }),
  {
    ...field('architectures-unknown', 'names a head that does not exist', { architectures: ['BertForTea'] }),
    use: 'AutoModel',
  },
  { ...field('architectures-number', 'has a number for a head', { architectures: [7] }), use: 'AutoModel' },
  { ...field('architectures-line-feed', 'has a line feed in a name', { architectures: ['a\nb'] }), use: 'AutoModel' },
];
