// Lying config.json files of every family. The weights beside them are BERT's: what is said of a config comes before them.
import { json } from './bytes.mjs';
import { config as bert } from './valid.mjs';

const [hidden_size, layers, heads, positions, vocab_size] = [8, 2, 2, 16, 6];
const common = {
  vocab_size,
  hidden_size,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  intermediate_size: 16,
  max_position_embeddings: positions,
  hidden_act: 'gelu',
};
const families = {
  albert: { ...common, embedding_size: 4, num_hidden_groups: 1, inner_group_num: 1, type_vocab_size: 2 },
  electra: { ...common, embedding_size: 4, type_vocab_size: 2 },
  roberta: { ...common, type_vocab_size: 1, pad_token_id: 1 },
  mpnet: { ...common, relative_attention_num_buckets: 8, pad_token_id: 1 },
  'deberta-v2': { ...common, relative_attention: true, pos_att_type: ['p2c', 'c2p'], position_buckets: 4 },
  modernbert: { ...common, hidden_activation: 'gelu', local_attention: 4, global_attn_every_n_layers: 2 },
  nomic_bert: { ...common, type_vocab_size: 2, hidden_act: 'silu' },
  gte: { ...common, type_vocab_size: 1 },
  t5: { vocab_size, d_model: 8, d_kv: 4, d_ff: 16, num_layers: layers, num_heads: heads, feed_forward_proj: 'relu' },
  distilbert: {
    vocab_size,
    dim: 8,
    n_layers: layers,
    n_heads: heads,
    hidden_dim: 16,
    max_position_embeddings: positions,
  },
};

function family(model_type, name, lies, change, names = Object.keys(change).slice(0, 1)) {
  const content = json({ architectures: ['Model'], model_type, ...families[model_type], ...change });
  const files = { 'config.json': content };
  return { name: `${model_type}-${name}`, lies, error: 'ConfigError', file: 'config.json', names, files };
}

export const familyCases = [
  family('albert', 'groups-zero', 'has no group of layers', { num_hidden_groups: 0 }),
  family('albert', 'groups-many', 'has more groups than layers', { num_hidden_groups: 3 }),
  family('albert', 'inner-zero', 'has groups of no layer', { inner_group_num: 0 }),
  family('albert', 'embedding-string', 'has a size in quotes', { embedding_size: '4' }),
  family('electra', 'embedding-negative', 'has a negative size', { embedding_size: -4 }),
  family('electra', 'activation', 'names an activation that does not exist', { hidden_act: 'gulu' }),
  family('roberta', 'decoder', 'is a decoder', { is_decoder: true }),
  family('roberta', 'padding-outside', 'pads with an id beyond the positions', { pad_token_id: 15 }),
  family('roberta', 'padding-string', 'has an id in quotes', { pad_token_id: '1' }),
  family('mpnet', 'buckets-zero', 'has no bucket', { relative_attention_num_buckets: 0 }),
  family('mpnet', 'buckets-huge', 'has 2^40 buckets', { relative_attention_num_buckets: 2 ** 40 }),
  family('mpnet', 'heads', 'has heads that do not divide its width', { num_attention_heads: 3 }),
  family('deberta-v2', 'terms', 'names terms that do not exist', { pos_att_type: ['c2c'] }),
  family('deberta-v2', 'terms-number', 'has a number for terms', { pos_att_type: 3 }),
  family('deberta-v2', 'buckets-string', 'has a count in quotes', { position_buckets: '4' }),
  family('deberta-v2', 'convolution-even', 'has an even convolution', { conv_kernel_size: 2 }),
  family('modernbert', 'every-zero', 'has a global layer every 0 layers', { global_attn_every_n_layers: 0 }),
  family('modernbert', 'window-negative', 'sees a negative number of tokens', { local_attention: -2 }),
  family('modernbert', 'layer-types', 'names kinds of layers that do not exist', { layer_types: ['full', 'none'] }),
  family('modernbert', 'layer-types-few', 'names the kind of one layer of two', { layer_types: ['full_attention'] }),
  family(
    'modernbert',
    'rope-type',
    'scales its positions',
    { rope_parameters: { full_attention: { rope_type: 'yarn', rope_theta: 1e4 } } },
    ['rope_type'],
  ),
  family('nomic_bert', 'heads-zero', 'has no head', { num_attention_heads: 0 }),
  family('nomic_bert', 'theta-negative', 'turns by negative angles', { rope_parameters: { rope_theta: -1 } }, [
    'rope_theta',
  ]),
  family('gte', 'scaling', 'scales its positions', { rope_scaling: { type: 'ntk', factor: 2 } }),
  family('gte', 'vocab-list', 'has a list for a size', { vocab_size: [6] }),
  family('t5', 'feed-forward', 'has a feed-forward of no known kind', { feed_forward_proj: 'gated-gulu' }),
  family('t5', 'heads-zero', 'has no head', { num_heads: 0 }),
  family('t5', 'buckets-one', 'has a single bucket for both directions', { relative_attention_num_buckets: 1 }),
  family('t5', 'distance', 'has a distance within the exact buckets', { relative_attention_max_distance: 4 }),
  family('distilbert', 'dim-string', 'has a size in quotes', { dim: '8' }),
  family('distilbert', 'heads', 'has heads that do not divide its width', { n_heads: 3 }),
  {
    name: 'bert-as-albert',
    lies: "says albert of BERT's weights",
    error: 'WeightsError',
    file: 'model.safetensors',
    names: ['missing', 'embedding_hidden_mapping_in'],
    files: { 'config.json': json({ architectures: ['AlbertModel'], model_type: 'albert', ...families.albert }) },
  },
  {
    name: 'config-prototype',
    lies: 'has a field that reaches for the prototype of all objects',
    error: 'ConfigError',
    file: 'config.json',
    names: ['hidden_size'],
    files: {
      'config.json': json({ ...bert, hidden_size: undefined }).replace('{', '{"__proto__": {"hidden_size": 4},'),
    },
  },
];
