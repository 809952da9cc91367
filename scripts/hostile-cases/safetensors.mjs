// Lying safetensors files.
import { layOut, rawFile } from './bytes.mjs';
import { tensors } from './valid.mjs';

const { header, data } = layOut(tensors);
const text = JSON.stringify(header);
const first = 'embeddings.word_embeddings.weight';
const second = 'embeddings.position_embeddings.weight';
const entry = JSON.stringify(header[first]);

/** @param names what the error must name beside the file. */
function whole(name, lies, content, names) {
  const files = { 'model.safetensors': content };
  return { name: `safetensors-${name}`, lies, error: 'WeightsError', file: 'model.safetensors', names, files };
}

/** The sound header with other text for the first tensor. */
function entryText(name, lies, replacement, field) {
  const names = [first, ...(field ? [`"${field}"`] : [])];
  return whole(
    name,
    lies,
    rawFile(
      text.replace(entry, () => replacement),
      data,
    ),
    names,
  );
}

/** The sound header with one field of the first tensor changed; undefined removes it. */
function changed(name, lies, fields) {
  const [field] = Object.keys(fields);
  return entryText(name, lies, JSON.stringify({ ...header[first], ...fields }), field);
}

const sound = rawFile(text, data);
const [begin, end] = header[first].data_offsets;

export const safetensorsCases = [
  whole('empty-file', 'has no byte', Buffer.alloc(0), ['0 bytes']),
  whole('seven-bytes', 'ends inside the header length', sound.subarray(0, 7), ['header length']),
  whole('header-length-zero', 'says that the header has no byte', rawFile(text, data, 0), ['header']),
  whole('header-length-past-end', 'has a header longer than the file', rawFile(text, data, sound.length), [
    'header length',
  ]),
  whole('header-length-over-limit', 'claims a header of 100,000,001 bytes', rawFile(text, data, 100_000_001), [
    'header length',
    '100000001',
  ]),
  whole('header-length-all-ones', 'claims 2^64 - 1 bytes of header', rawFile(text, data, 2n ** 64n - 1n), [
    'header length',
  ]),
  whole('header-length-sign-bit', 'claims 2^63 bytes of header', rawFile(text, data, 2n ** 63n), ['header length']),
  whole('header-too-short', 'says the header ends early', rawFile(text, data, text.length - 20), ['header']),
  whole('header-not-json', 'has text that is not JSON', rawFile('{dtype: F32}', data), ['header']),
  whole('header-array', 'has a JSON array', rawFile(`[${text}]`, data), ['header']),
  whole('header-byte-order-mark', 'begins with a byte order mark', rawFile(`\ufeff${text}`, data), ['header']),
  whole('header-trailing-text', 'has text after the header', rawFile(`${text} {}`, data), ['closing brace']),
  whole('header-trailing-comma', 'has a comma too many', rawFile(text.replace(/}$/, ',}'), data), ['header']),
  whole('header-deep-nesting', 'nests 4000 arrays', rawFile(`{"x":${'['.repeat(4000)}`, data), ['"x"']),
  whole('name-invalid-utf8', 'has a name that is not UTF-8', rawFile(Buffer.from('{"\xff\xfe":0}', 'latin1')), [
    'UTF-8',
  ]),
  whole('name-lone-surrogate', 'escapes half a surrogate pair', rawFile('{"\\ud800":{}}'), ['surrogate']),
  whole('name-control-character', 'has a raw line feed in a name', rawFile(text.replace(first, 'line\nfeed'), data), [
    'control character',
  ]),
  whole('name-twice', 'names one tensor twice', rawFile(text.replace(second, first), data), [first, 'twice']),
  entryText('entry-number', 'has a number for an entry', '5', ''),
  entryText('entry-field-twice', 'gives a dtype twice', entry.replace('{', '{"dtype":"F32",'), 'dtype'),
  changed('field-unknown', 'has a field of its own', { strides: [4, 1] }),
  changed('dtype-missing', 'gives no dtype', { dtype: undefined }),
  changed('dtype-unknown', 'has a dtype that does not exist', { dtype: 'F31' }),
  changed('dtype-number', 'has a number for a dtype', { dtype: 32 }),
  entryText('dtype-wider', 'calls four bytes a F64', entry.replace('F32', 'F64'), 'data_offsets'),
  changed('shape-missing', 'gives no shape', { shape: undefined }),
  changed('shape-number', 'has a number for a shape', { shape: 24 }),
  changed('shape-float', 'has half a row', { shape: [6.5, 4] }),
  changed('shape-negative', 'has a negative size', { shape: [-6, -4] }),
  changed('shape-huge', 'has a size of 2^60', { shape: [2 ** 60] }),
  changed('shape-string', 'has a size in quotes', { shape: ['6', 4] }),
  entryText('shape-nan', 'has NaN for a size', entry.replace('[6,4]', '[NaN,4]'), 'shape'),
  entryText('shape-exponent', 'has a size in exponent form', entry.replace('[6,4]', '[6e0,4]'), 'shape'),
  entryText('shape-leading-zero', 'has a size with a leading zero', entry.replace('[6,4]', '[06,4]'), 'shape'),
  changed('shape-nested', 'has a list for a size', { shape: [[6], 4] }),
  changed('shape-many-axes', 'has 40 axes', { shape: [6, 4, ...Array(38).fill(1)] }),
  changed('shape-overflow', 'has sizes whose product passes 2^64', { shape: [2 ** 32, 2 ** 32, 16] }),
  changed('shape-wraps-to-24', 'has sizes whose product is 24 modulo 2^64', { shape: [2 ** 52, 2 ** 12, 24] }),
  changed('shape-zero-times-huge', 'multiplies 2^52 by 2^52 by 0', { shape: [2 ** 52, 2 ** 52, 0] }),
  changed('offsets-missing', 'gives no offsets', { data_offsets: undefined }),
  changed('offsets-three', 'gives three offsets', { data_offsets: [begin, end, end] }),
  changed('offsets-one', 'gives one offset', { data_offsets: [end] }),
  changed('offsets-string', 'gives offsets in quotes', { data_offsets: ['0', '96'] }),
  changed('offsets-negative', 'begins before the data', { data_offsets: [-96, 0] }),
  changed('offsets-reversed', 'ends before it begins', { data_offsets: [end, begin] }),
  changed('offsets-outside', 'lies past the data', { data_offsets: [data.length, data.length + 96] }),
  changed('offsets-near-2-to-53', 'lies near 2^53', { data_offsets: [2 ** 53 - 97, 2 ** 53 - 1] }),
  changed('offsets-too-few-bytes', 'has fewer bytes than its shape needs', { data_offsets: [begin, end - 4] }),
  whole(
    'offsets-overlap',
    'lets one tensor lie inside another',
    rawFile(JSON.stringify({ ...header, inner: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }), data),
    ['data_offsets', 'overlap'],
  ),
  whole(
    'offsets-hole',
    'leaves out the bytes of a tensor',
    rawFile(JSON.stringify({ ...header, [first]: undefined }), data),
    [second, 'data_offsets', 'hole'],
  ),
  whole('bytes-appended', 'has four bytes that no tensor owns', Buffer.concat([sound, Buffer.alloc(4)]), ['data']),
  whole('truncated', 'lacks its last hundred bytes', sound.subarray(0, -100), [
    'encoder.layer.0.output',
    'data_offsets',
  ]),
  whole(
    'metadata-number',
    'has a number in the metadata',
    rawFile(text.replace('{', '{"__metadata__":{"step":5},'), data),
    ['__metadata__'],
  ),
  whole('metadata-array', 'has a list for metadata', rawFile(text.replace('{', '{"__metadata__":["pt"],'), data), [
    '__metadata__',
  ]),
  {
    name: 'safetensors-is-folder',
    lies: 'is a folder',
    error: 'WeightsError',
    file: 'model.safetensors',
    names: ['regular file'],
    without: ['model.safetensors'],
    files: { 'model.safetensors/readme.txt': 'A folder where a file should be.\n' },
  },
];
