// Sound safetensors files whose tensors do not fit the model, and lying indexes of shards.
import { json, safetensors } from './bytes.mjs';
import { config, tensors } from './valid.mjs';

const query = 'encoder.layer.0.attention.self.query.weight';
const norm = 'embeddings.LayerNorm.bias';
const single = 'model.safetensors';
const index = 'model.safetensors.index.json';
const shardA = 'model-00001-of-00002.safetensors';
const shardB = 'model-00002-of-00002.safetensors';

const of = (dtype, shape, bytes) => ({ dtype, shape, data: Buffer.alloc(shape.reduce((a, b) => a * b, bytes)) });

/** The sound tensors with some changed; undefined removes one. */
function misfit(name, lies, change, names = Object.keys(change)) {
  const kept = Object.entries({ ...tensors, ...change }).filter(([, tensor]) => tensor !== undefined);
  const files = { [single]: safetensors(Object.fromEntries(kept)) };
  return { name: `checkpoint-${name}`, lies, error: 'WeightsError', file: single, names, files };
}

function misconfigured(name, lies, change, names) {
  const files = { 'config.json': json({ ...config, ...change }) };
  return { name: `checkpoint-${name}`, lies, error: 'WeightsError', file: single, names, files };
}

const names = Object.keys(tensors);
const half = names.slice(0, 8);
const part = (chosen) => Object.fromEntries(chosen.map((name) => [name, tensors[name]]));
const partA = part(half);
const partB = part(names.filter((name) => !half.includes(name)));
const map = Object.fromEntries(names.map((name) => [name, name in partA ? shardA : shardB]));

/** Two sound shards under an index of any content. */
function sharded(name, lies, content, named, other = {}) {
  const files = { [index]: content, [shardA]: safetensors(partA), [shardB]: safetensors(partB), ...other.files };
  const lean = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined));
  const place = { error: other.error ?? 'ConfigError', file: other.file ?? index };
  return { name: `index-${name}`, lies, ...place, names: named, without: [single], files: lean };
}

const mapped = (change) => json({ metadata: {}, weight_map: { ...map, ...change } });
const noShards = { files: { [shardA]: undefined, [shardB]: undefined } };

export const checkpointCases = [
  misfit('missing', 'lacks a tensor', { [query]: undefined }),
  misfit('extra', 'has a tensor that the model does not know', { 'encoder.extra.weight': of('F32', [2, 2], 4) }),
  misfit('misshapen', 'has a tensor of another shape', { [query]: of('F32', [2, 8], 4) }, [query, '[2,8]', '[4,4]']),
  misfit('rank', 'has a vector where a matrix is due', { [query]: of('F32', [16], 4) }, [query, '[16]']),
  misfit('seven-axes', 'has a tensor of seven axes', { [query]: of('F32', [1, 1, 1, 1, 1, 4, 4], 4) }),
  misfit('integer-matrix', 'has whole numbers for a matrix', { [query]: of('I32', [4, 4], 4) }, [query, 'I32']),
  misfit('integer-vector', 'has whole numbers for a bias', { [norm]: of('I64', [4], 8) }, [norm, 'I64']),
  misfit('byte-matrix', 'has bytes for a matrix', { [query]: of('U8', [4, 4], 1) }, [query, 'U8']),
  misfit('float8-matrix', 'has 8-bit floats for a matrix', { [query]: of('F8_E4M3', [4, 4], 1) }, [query, 'F8_E4M3']),
  misfit('no-tensors', 'has no tensor at all', Object.fromEntries(names.map((name) => [name, undefined])), [
    'embeddings.word_embeddings.weight',
  ]),
  misfit('gamma-beside-weight', 'names one parameter in the old way and the new', {
    'embeddings.LayerNorm.gamma': tensors['embeddings.LayerNorm.weight'],
  }),
  misfit('name-line-feed', 'has a line feed in a name', { 'line\nfeed': of('F32', [1], 4) }, ['line\\nfeed']),
  misfit(
    'three-faults',
    'lacks one tensor, has one too many and one misshapen',
    { [query]: undefined, [norm]: of('F32', [5], 4), odd: of('F32', [1], 4) },
    [query, norm, 'odd'],
  ),
  misconfigured('vocab-size', 'has a table shorter than vocab_size', { vocab_size: 2 ** 31 - 1 }, [
    'embeddings.word_embeddings.weight',
  ]),
  misconfigured('layers', 'lacks the layers that config.json counts', { num_hidden_layers: 1024 }, [
    'encoder.layer.1.',
  ]),
  misconfigured('wide', 'lacks the width that config.json names', { hidden_size: 65536 }, [
    'embeddings.word_embeddings.weight',
  ]),
  {
    name: 'checkpoint-none',
    lies: 'has no weights',
    error: 'WeightsError',
    file: single,
    names: [index],
    without: [single],
    files: {},
  },
  {
    name: 'checkpoint-pickle',
    lies: 'has only a pickle',
    error: 'WeightsError',
    file: 'pytorch_model.bin',
    names: ['convert'],
    without: [single],
    files: { 'pytorch_model.bin': Buffer.from([0x80, 2, 0x2e]) },
  },
  sharded('not-json', 'is not JSON', '{"weight_map":', ['JSON'], noShards),
  sharded('array', 'is a list', '[]\n', ['object'], noShards),
  sharded('no-map', 'has no weight_map', '{"metadata": {}}\n', ['weight_map'], noShards),
  sharded('map-empty', 'names no tensor', '{"weight_map": {}}\n', ['weight_map'], noShards),
  sharded('map-list', 'has a list for a map', json({ weight_map: [shardA] }), ['weight_map'], noShards),
  sharded(
    'map-number',
    'has a number for a shard',
    json({ weight_map: { [query]: 1 } }),
    ['weight_map', query],
    noShards,
  ),
  sharded('shard-absent', 'names a shard that is not there', mapped({}), ['weight_map', shardB], {
    files: { [shardB]: undefined },
  }),
  sharded('shard-empty-name', 'names a shard ""', json({ weight_map: { [query]: '' } }), ['weight_map'], noShards),
  sharded('shard-dot', 'names the folder itself', json({ weight_map: { [query]: '.' } }), ['weight_map'], noShards),
  sharded('traversal', 'names a file outside', mapped({ [query]: '../valid/model.safetensors' }), [
    'weight_map',
    '../',
  ]),
  sharded('traversal-backslash', 'names a file outside', mapped({ [query]: '..\\model.safetensors' }), ['weight_map']),
  sharded('absolute', 'names a file by absolute path', mapped({ [query]: '/etc/passwd' }), [
    'weight_map',
    '/etc/passwd',
  ]),
  sharded('line-feed', 'names a shard with a line feed', mapped({ [query]: 'a\nb.safetensors' }), ['weight_map']),
  sharded('tensor-absent', 'names a tensor that its shard lacks', mapped({ ghost: shardA }), [
    'weight_map',
    'ghost',
    shardA,
  ]),
  sharded('tensor-elsewhere', 'names the wrong shard for a tensor', mapped({ [names[0]]: shardB }), [
    'weight_map',
    names[0],
    shardB,
  ]),
  sharded('tensor-twice', 'has a tensor in both shards', mapped({}), [names[0], shardA], {
    error: 'WeightsError',
    file: shardB,
    files: { [shardB]: safetensors({ ...part([names[0]]), ...partB }) },
  }),
  sharded('shard-lies', 'has a shard cut short', mapped({}), ['data_offsets'], {
    error: 'WeightsError',
    file: shardB,
    files: { [shardB]: safetensors(partB).subarray(0, -8) },
  }),
];
