// Lying pytorch_model.bin files, and Routers.
import { json } from './bytes.mjs';
import { modules } from './valid.mjs';

/** A zip archive of stored entries. `change` may spoil its directory. */
function zip(entries, change = () => {}) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, content] of Object.entries(entries)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(content.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(name.length, 26);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt32LE(content.length, 20);
    record.writeUInt32LE(content.length, 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), content);
    directory.push(record, Buffer.from(name));
    at += 30 + name.length + content.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  change(list, end);
  return Buffer.concat([...parts, list, end]);
}

const pickle = (text) => ({ 'model/data.pkl': Buffer.from(`\x80\x02${text}`, 'latin1') });
/** { name: a tensor of the storage 0 }, as torch.save writes it. */
const tensor = ({ shape = 'K\x02', strides = 'K\x01', offset = 'K\x00', size = 'K\x02', key = '0' } = {}) =>
  `}X\x04\x00\x00\x00namectorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n` +
  `X${String.fromCharCode(key.length)}\x00\x00\x00${key}X\x03\x00\x00\x00cpu${size}tQ${offset}${shape}\x85${strides}\x85\x89ccollections\nOrderedDict\n)RtRs.`;

function archive(name, lies, content, names) {
  return {
    name: `pickle-${name}`,
    lies,
    error: 'WeightsError',
    file: 'pytorch_model.bin',
    names,
    without: ['model.safetensors'],
    files: { 'pytorch_model.bin': content },
  };
}

const data = { 'model/data/0': Buffer.alloc(8) };

export const archiveCases = [
  archive('command', 'runs a command', zip(pickle('cos\nsystem\n(X\x02\x00\x00\x00idtR.')), ['os.system']),
  archive('builtin', 'evaluates text', zip(pickle('cbuiltins\neval\n.')), ['builtins.eval']),
  archive('nothing', 'has no pickle', zip({ 'model/other': Buffer.alloc(1) }), ['data.pkl']),
  archive('list', 'holds a list', zip(pickle('].')), ['dictionary']),
  archive('cut', 'has a pickle that ends too soon', zip(pickle('}X\xff\x00\x00\x00')), ['too soon']),
  archive('no-data', 'has a tensor without data', zip(pickle(tensor())), ['name', 'no data']),
  archive(
    'outside',
    'has a tensor that ends beyond its storage',
    zip({ ...pickle(tensor({ shape: 'K\x09', size: 'K\x09' })), ...data }),
    ['outside'],
  ),
  archive(
    'offset',
    'has a tensor that begins beyond its storage',
    zip({ ...pickle(tensor({ offset: 'J\xff\xff\xff\x7f' })), ...data }),
    ['outside'],
  ),
  archive('negative', 'has a negative size', zip({ ...pickle(tensor({ shape: 'J\xff\xff\xff\xff' })), ...data }), [
    'whole numbers',
  ]),
  archive('strides', 'has a tensor in steps', zip({ ...pickle(tensor({ strides: 'K\x02' })), ...data }), ['strides']),
  archive(
    'directory-cut',
    'has a directory that lies about its length',
    zip({ ...pickle(tensor()), ...data }, (_, end) => end.writeUInt16LE(9, 10)),
    ['directory'],
  ),
  archive(
    'entry-beyond',
    'has an entry that ends beyond the file',
    zip({ ...pickle(tensor()), ...data }, (list) => {
      list.writeUInt32LE(0x7fffffff, 20);
      list.writeUInt32LE(0x7fffffff, 24);
    }),
    ['beyond'],
  ),
  archive(
    'compressed',
    'has a compressed entry',
    zip({ ...pickle(tensor()), ...data }, (list) => list.writeUInt16LE(8, 10)),
    ['compressed'],
  ),
];

const router = (value) => ({
  'modules.json': json([{ ...modules[0], type: 'sentence_transformers.models.Router' }]),
  'router_config.json': json(value),
});
const route = (name, lies, value, names) => ({
  name: `router-${name}`,
  lies,
  error: 'ConfigError',
  file: 'router_config.json',
  names,
  files: router(value),
});

export const routerCases = [
  route('empty', 'has no routes', { types: {}, structure: {} }, ['structure']),
  route('no-types', 'says no types', { structure: { query: ['a'] } }, ['types']),
  route('unknown', 'names a module that it does not list', { types: {}, structure: { query: ['a'] } }, [
    'structure.query',
  ]),
  route('traversal', 'leaves the folder', { types: { '../a': 'x.Transformer' }, structure: { query: ['../a'] } }, [
    'structure.query',
  ]),
  route('route-string', 'has a string for a route', { types: {}, structure: { query: 'a' } }, ['structure.query']),
  route(
    'default',
    'falls back to a route that it lacks',
    {
      types: { a: 'x.Transformer' },
      structure: { query: ['a'] },
      parameters: { default_route: 'document' },
    },
    ['default_route'],
  ),
];
