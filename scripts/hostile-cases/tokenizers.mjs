// Lying tokenizer.json files of the other kinds: byte-level BPE and Unigram, and their parts.
import { json } from './bytes.mjs';
import { tokenizer } from './valid.mjs';

function part(name, lies, change, names) {
  const value = { ...tokenizer, ...change };
  const files = { 'tokenizer.json': json(value) };
  return { name: `tokenizer-${name}`, lies, error: 'ConfigError', file: 'tokenizer.json', names, files };
}

const vocab = tokenizer.model.vocab;
const bpe = { type: 'BPE', unk_token: '[UNK]', vocab, merges: [] };
const unigram = { type: 'Unigram', unk_id: 0, vocab: Object.keys(vocab).map((piece, i) => [piece, -i]) };
const model = (name, lies, base, change, names) => part(name, lies, { model: { ...base, ...change } }, names);
const normalizer = (name, lies, value, names) => part(`normalizer-${name}`, lies, { normalizer: value }, names);
const splitter = (name, lies, value, names) => part(`splitter-${name}`, lies, { pre_tokenizer: value }, names);
const pattern = (Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

export const otherTokenizerCases = [
  model('bpe-no-merges', 'has no merges', bpe, { merges: undefined, type: 'BPE' }, ['model.merges']),
  model('bpe-merge-of-one', 'merges one token', bpe, { merges: ['a'] }, ['model.merges[0]']),
  model('bpe-merge-number', 'merges a number', bpe, { merges: [1] }, ['model.merges[0]']),
  model('bpe-merge-unknown', 'merges tokens it lacks', bpe, { merges: ['x y'] }, ['model.merges[0]']),
  model('bpe-unknown', 'lacks its own unknown token', bpe, { unk_token: 'none' }, ['unk_token']),
  model('bpe-prefix', 'has a number for a prefix', bpe, { continuing_subword_prefix: 1 }, [
    'continuing_subword_prefix',
  ]),
  model('unigram-empty', 'has no piece', unigram, { vocab: [] }, ['model.vocab']),
  model('unigram-pairs', 'has pieces without scores', unigram, { vocab: ['a', 'b'] }, ['model.vocab[0]']),
  model('unigram-score', 'has a score in quotes', unigram, { vocab: [['a', '-1']] }, ['model.vocab[0]']),
  model('unigram-infinite', 'has a score of 1e999', unigram, { vocab: [['a', null]] }, ['model.vocab[0]']),
  model('unigram-unknown', 'has an unknown piece beyond its end', unigram, { unk_id: 99 }, ['model.unk_id']),
  normalizer('sequence', 'has a number among normalizers', { type: 'Sequence', normalizers: [1] }, ['normalizers']),
  normalizer('map', 'has a character map that is none', { type: 'Precompiled', precompiled_charsmap: 'AAAA' }, [
    'normalizer.precompiled_charsmap',
  ]),
  normalizer(
    'map-cut',
    'has a character map that ends too soon',
    { type: 'Precompiled', precompiled_charsmap: '/////w==' },
    ['normalizer.precompiled_charsmap'],
  ),
  normalizer('replace', 'replaces nothing', { type: 'Replace', pattern: {}, content: 'a' }, ['normalizer.pattern']),
  normalizer('replace-number', 'replaces by a number', { type: 'Replace', pattern: { String: 'a' }, content: 1 }, [
    'normalizer.content',
  ]),
  normalizer('prepend', 'puts a number before', { type: 'Prepend', prepend: 1 }, ['normalizer.prepend']),
  splitter('catastrophic', 'has an expression of exponential time', pattern('(a+)+$'), [
    'pre_tokenizer.pattern',
    'bound',
  ]),
  splitter('catastrophic-star', 'has another', pattern('(x*y*)*z'), ['pre_tokenizer.pattern', 'bound']),
  splitter('catastrophic-nested', 'hides one in groups', pattern('((a|b)+c?)*d'), ['pre_tokenizer.pattern', 'bound']),
  splitter('long', 'has an expression of 5,000 characters', pattern('a|'.repeat(2500)), ['pre_tokenizer.pattern']),
  splitter('none', 'has an expression that is none', pattern('('), ['pre_tokenizer.pattern', 'read']),
  splitter('behavior', 'cuts in a way that does not exist', { ...pattern('a'), behavior: 'Shredded' }, [
    'pre_tokenizer.behavior',
    'Shredded',
  ]),
  splitter('mark', 'marks spaces with a word', { type: 'Metaspace', replacement: 'ab' }, ['pre_tokenizer.replacement']),
  part(
    'template-unknown',
    'puts a token around texts that it lacks',
    {
      post_processor: { type: 'RobertaProcessing', sep: ['</s>', 77], cls: ['<s>', 1] },
    },
    ['post_processor.sep'],
  ),
  part('added-id', 'adds a token with an id in quotes', { added_tokens: [{ id: '9', content: 'x' }] }, [
    'added_tokens[0]',
  ]),
];
