// Lying files of sentence-transformers, and of the tokenizer.
import { json, safetensors } from './bytes.mjs';
import { dense, denseTensors, modules, pooling, tokenizer } from './valid.mjs';

function broken(name, lies, file, content, names = [], error = 'ConfigError') {
  return { name, lies, error, file, names, files: content === undefined ? {} : { [file]: content } };
}

const modulesFile = (name, lies, value, names) => broken(`modules-${name}`, lies, 'modules.json', json(value), names);
/** The list of modules with one line changed. */
const line = (at, change) => modules.map((module, i) => (i === at ? { ...module, ...change } : module));
const poolingFile = (name, lies, value, names) =>
  broken(`pooling-${name}`, lies, '1_Pooling/config.json', json(value), names);
const denseFile = (name, lies, change) =>
  broken(`dense-${name}`, lies, '2_Dense/config.json', json({ ...dense, ...change }), Object.keys(change));
const sentenceFile = (name, lies, value, names) =>
  broken(`sentence-${name}`, lies, 'config_sentence_transformers.json', json(value), names);
const lengthFile = (name, lies, length) =>
  broken(`length-${name}`, lies, 'sentence_bert_config.json', json({ max_seq_length: length }), ['max_seq_length']);

function tokenizerFile(name, lies, change, names) {
  const value = structuredClone(tokenizer);
  change(value);
  return broken(`tokenizer-${name}`, lies, 'tokenizer.json', json(value), names);
}

export const sentenceCases = [
  modulesFile('object', 'is no list', { 0: modules[0] }, ['list']),
  modulesFile('empty', 'lists nothing', [], ['list']),
  modulesFile('strings', 'lists strings', ['Transformer', 'Pooling'], ['[0]']),
  modulesFile('type-missing', 'has a module without a type', line(1, { type: undefined }), ['[1].type']),
  modulesFile('type-number', 'has a number for a type', line(1, { type: 3 }), ['[1].type']),
  modulesFile('type-unknown', 'has a module that does not exist', line(1, { type: 'x.Puddling' }), [
    '[1].type',
    'Puddling',
  ]),
  modulesFile('path-number', 'has a number for a path', line(1, { path: 1 }), ['[1].path']),
  modulesFile('path-traversal', 'has a path out of the folder', line(1, { path: '../1_Pooling' }), ['[1].path', '../']),
  modulesFile('path-absolute', 'has an absolute path', line(1, { path: '/etc' }), ['[1].path', '/etc']),
  modulesFile('no-pooling', 'has no Pooling', modules.slice(0, 1), ['Pooling']),
  modulesFile('pooling-first', 'begins with Pooling', modules.slice(1), ['[0].type', 'Transformer']),
  modulesFile('two-transformers', 'has two Transformers', [modules[0], ...modules], ['[1].type', 'Transformer']),
  modulesFile('two-poolings', 'has two Poolings', [...modules.slice(0, 2), modules[1]], ['[2].type', 'Pooling']),
  {
    ...modulesFile(
      'dense-first',
      'has Dense on texts before Pooling',
      [modules[0], modules[2], modules[1]],
      ['module_input_name'],
    ),
    file: '2_Dense/config.json',
  },
  {
    ...broken('pooling-missing', 'has no config of Pooling', '1_Pooling/config.json', undefined),
    without: ['1_Pooling/config.json'],
  },
  poolingFile('array', 'is a list', [pooling], ['object']),
  poolingFile('mode-unknown', 'names a mode that does not exist', { pooling_mode: 'median' }, [
    'pooling_mode',
    'median',
  ]),
  poolingFile('mode-number', 'has a number for a mode', { pooling_mode: [1] }, ['pooling_mode']),
  poolingFile('mode-empty', 'lists no mode', { pooling_mode: [] }, ['pooling_mode']),
  poolingFile('mode-many', 'lists one mode a thousand times', { pooling_mode: Array(1000).fill('mean') }, [
    'pooling_mode',
  ]),
  poolingFile('flag-unknown', 'sets a mode that does not exist', { pooling_mode_median_tokens: true }, [
    'pooling_mode_median_tokens',
  ]),
  poolingFile('flag-string', 'has a string for a truth value', { pooling_mode_mean_tokens: 'true' }, [
    'pooling_mode_mean_tokens',
  ]),
  poolingFile('dimension', 'has another width than the model', { ...pooling, word_embedding_dimension: 8 }, [
    'word_embedding_dimension',
  ]),
  poolingFile('prompt-number', 'has a number for a truth value', { ...pooling, include_prompt: 1 }, ['include_prompt']),
  denseFile('in-features', 'takes another width than Pooling gives', { in_features: 8 }),
  denseFile('out-features-zero', 'gives no number', { out_features: 0 }),
  denseFile('out-features-string', 'has a width in quotes', { out_features: '6' }),
  denseFile('activation-unknown', 'names an activation that does not exist', { activation_function: 'torch.nn.Tanhh' }),
  denseFile('activation-number', 'has a number for an activation', { activation_function: 1 }),
  denseFile('bias-string', 'has a string for a truth value', { bias: 'false' }),
  {
    ...broken('dense-weights-missing', 'has no weights', '2_Dense', undefined, ['model.safetensors'], 'WeightsError'),
    without: ['2_Dense/model.safetensors'],
  },
  broken(
    'dense-weights-misshapen',
    'has weights of another shape',
    '2_Dense/model.safetensors',
    safetensors({ ...denseTensors, 'linear.bias': { dtype: 'F32', shape: [5], data: Buffer.alloc(20) } }),
    ['linear.bias', '[5]', '[6]'],
    'WeightsError',
  ),
  sentenceFile('array', 'is a list', [], ['object']),
  sentenceFile('prompts-list', 'has a list of prompts', { prompts: ['a'] }, ['prompts']),
  sentenceFile('prompt-number', 'has a number for a prompt', { prompts: { query: 5 } }, ['prompts', 'query']),
  sentenceFile(
    'default-prompt-unknown',
    'names a prompt that it lacks',
    { prompts: {}, default_prompt_name: 'query' },
    ['default_prompt_name', 'query'],
  ),
  sentenceFile('default-prompt-number', 'has a number for a name', { default_prompt_name: 1 }, ['default_prompt_name']),
  sentenceFile('similarity-unknown', 'names a similarity that does not exist', { similarity_fn_name: 'hamming' }, [
    'similarity_fn_name',
    'hamming',
  ]),
  lengthFile('zero', 'takes texts of no token', 0),
  lengthFile('special-only', 'has room for the special tokens only', 2),
  lengthFile('above-positions', 'takes longer texts than the model has positions', 17),
  lengthFile('string', 'has a length in quotes', '12'),
  lengthFile('half', 'has a length and a half', 12.5),
];

export const tokenizerCases = [
  { ...broken('tokenizer-missing', 'does not exist', 'tokenizer.json', undefined), without: ['tokenizer.json'] },
  broken('tokenizer-not-json', 'is not JSON', 'tokenizer.json', '{"model":\n\n', ['JSON']),
  broken('tokenizer-array', 'is a list', 'tokenizer.json', '[]\n', ['object']),
  broken('tokenizer-invalid-utf8', 'is not UTF-8', 'tokenizer.json', Buffer.from([0x7b, 0xff, 0x7d]), ['UTF-8']),
  tokenizerFile('no-model', 'has no model', (t) => delete t.model, ['model']),
  tokenizerFile('kind-unknown', 'is of a kind that does not exist', (t) => Object.assign(t.model, { type: 'Words' }), [
    'model.type',
    'Words',
  ]),
  tokenizerFile('vocab-list', 'has a list of words', (t) => Object.assign(t.model, { vocab: ['a'] }), ['model.vocab']),
  tokenizerFile('id-twice', 'gives two words one id', (t) => Object.assign(t.model.vocab, { b: 3 }), ['model.vocab.b']),
  tokenizerFile('id-negative', 'has a negative id', (t) => Object.assign(t.model.vocab, { b: -1 }), ['model.vocab.b']),
  tokenizerFile('unknown-absent', 'lacks its own unknown token', (t) => Object.assign(t.model, { unk_token: 'none' }), [
    'unk_token',
  ]),
  broken('tokenizer-config-length', 'takes no token', 'tokenizer_config.json', json({ model_max_length: 0 }), [
    'model_max_length',
  ]),
];
