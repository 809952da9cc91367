/** What the fixtures do not show: odd input, limits, batches, the template's kinds, added tokens with options. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/tokenizers/tokenizer.js';

const model = join(import.meta.dirname, '../../models/all-MiniLM-L6-v2');
const tokenizer = await Tokenizer.load(model);
const json = () => JSON.parse(readFileSync(join(model, 'tokenizer.json'), 'utf8'));

const [CLS, SEP] = [101, 102];
const ids = (text: string) => [...tokenizer.encode(text).ids];

describe('what it tells of itself', () => {
  it('is read from the files', () => {
    expect(tokenizer.kind).toBe('WordPiece');
    expect(tokenizer.vocabSize).toBe(30522);
    expect(tokenizer.modelMaxLength).toBe(512);
    expect(tokenizer.specialTokensCount).toBe(2);
    expect(tokenizer.pairSpecialTokensCount).toBe(3);
    expect(tokenizer.tokenToId('[MASK]')).toBe(103);
    expect(tokenizer.tokenToId('toString')).toBeUndefined();
    expect(tokenizer.idToToken(101)).toBe('[CLS]');
  });

  it('sets no limit where transformers writes its sentinel', () => {
    expect(Tokenizer.fromJson(json(), { model_max_length: 1e30 }).modelMaxLength).toBe(Number.POSITIVE_INFINITY);
    expect(Tokenizer.fromJson(json()).modelMaxLength).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('sequence', () => {
  it('has the types of the template where they are not all 0', () => {
    const tokenizerJson = json();
    const single = tokenizerJson.post_processor.single;
    for (const piece of single) for (const body of Object.values<{ type_id: number }>(piece)) body.type_id = 1;
    const typed = Tokenizer.fromJson(tokenizerJson);
    expect(typed.sequence('a cat', 256)).toEqual({
      ids: [CLS, 1037, 4937, SEP],
      typeIds: [1, 1, 1, 1],
      truncated: 0,
    });
  });

  it('cuts on the side the tokenizer says, and counts what it cut', () => {
    const left = Tokenizer.fromJson(json(), { truncation_side: 'left' });
    expect(tokenizer.sequence('a cat', 3)).toEqual({ ids: [CLS, 1037, SEP], typeIds: undefined, truncated: 1 });
    expect(left.sequence('a cat', 3)).toEqual({ ids: [CLS, 4937, SEP], typeIds: undefined, truncated: 1 });
    expect(() => tokenizer.sequence('a cat', 1)).toThrow('room for the 2 special tokens');
  });
});

describe('odd input', () => {
  it.each([
    ['nothing', ''],
    ['spaces', ' '.repeat(1000)],
    ['NUL', '\0\0'],
    ['a lone high surrogate', '\ud83d'],
    ['a lone low surrogate', '\ude00'],
    ['the replacement character', '\ufffd'],
  ])('%s gives the special tokens alone', (_, text) => expect(ids(text)).toEqual([CLS, SEP]));

  it('drops what it drops inside words', () => {
    const cat = ids('cat');
    for (const text of ['c\0at', 'c\ud83dat', '\udc00cat', 'ca\u200bt', '\ufeffcat']) expect(ids(text)).toEqual(cat);
  });

  it('keeps surrogate pairs', () => expect(ids('😀')).toHaveLength(3));

  it('takes 100 kB of anything', () => {
    expect(ids('the '.repeat(25_000))).toHaveLength(25_002);
    expect(ids('a'.repeat(100_000))).toEqual([CLS, 100, SEP]);
    expect(ids('我'.repeat(50_000))).toHaveLength(50_002);
    expect(ids('[SEP]'.repeat(20_000)).every((id, i) => id === (i === 0 ? CLS : SEP))).toBe(true);
    expect(ids('\ud800'.repeat(100_000))).toEqual([CLS, SEP]);
  });
});

describe('limits', () => {
  const text = 'one two three four five';
  it('keep the first ids and the special tokens, and say how many were cut', () => {
    const whole = ids(text);
    const cut = tokenizer.encode(text, { truncation: true, maxLength: 5 });
    expect([...cut.ids]).toEqual([...whole.slice(0, 4), SEP]);
    expect(cut.truncated).toBe(2);
    expect([...cut.specialTokensMask]).toEqual([1, 0, 0, 0, 1]);
  });
  it('may leave only the special tokens', () => {
    expect([...tokenizer.encode(text, { truncation: true, maxLength: 2 }).ids]).toEqual([CLS, SEP]);
  });
  it('without room for those are refused', () => {
    const encode = (maxLength: number) => () => tokenizer.encode(text, { truncation: true, maxLength });
    for (const maxLength of [1, 0, -1, 5.5, Number.NaN]) expect(encode(maxLength)).toThrow(/room for the 2 special/);
  });
  it('are counted without special tokens when there are none', () => {
    const cut = tokenizer.encode(text, { truncation: true, maxLength: 2, addSpecialTokens: false });
    expect([...cut.ids]).toEqual(ids(text).slice(1, 3));
  });
  it('of tokenizer.json are ignored: this one says 128, and pads to 128', () => {
    expect(json().truncation.max_length).toBe(128);
    expect(ids('word '.repeat(300))).toHaveLength(302);
    expect(ids('word')).toHaveLength(3);
  });
});

describe('pairs', () => {
  it('with an empty second text are pairs still', () => {
    const got = tokenizer.encode('a', { pair: '' });
    expect([...got.ids]).toEqual([CLS, 1037, SEP, SEP]);
    expect([...got.typeIds]).toEqual([0, 0, 0, 1]);
  });
  it('keep their type ids without special tokens', () => {
    expect([...tokenizer.encode('a', { pair: 'a', addSpecialTokens: false }).typeIds]).toEqual([0, 1]);
  });
});

describe('templates', () => {
  const with_ = (post_processor: unknown) => Tokenizer.fromJson({ ...json(), post_processor });
  const cls = ['[CLS]', CLS];
  const sep = ['[SEP]', SEP];
  it('BertProcessing', () => {
    const got = with_({ type: 'BertProcessing', cls, sep }).encode('a', { pair: 'a' });
    expect([...got.ids]).toEqual([CLS, 1037, SEP, 1037, SEP]);
    expect([...got.typeIds]).toEqual([0, 0, 0, 1, 1]);
  });
  it('RobertaProcessing', () => {
    const processing = { type: 'RobertaProcessing', cls, sep, trim_offsets: true, add_prefix_space: false };
    const got = with_(processing).encode('a', { pair: 'a' });
    expect([...got.ids]).toEqual([CLS, 1037, SEP, SEP, 1037, SEP]);
    expect([...got.typeIds]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(with_(processing).pairSpecialTokensCount).toBe(4);
  });
  it('none, and ByteLevel, add nothing', () => {
    for (const nothing of [null, { type: 'ByteLevel' }]) {
      const got = with_(nothing).encode('a', { pair: 'a' });
      expect([...got.ids]).toEqual([1037, 1037]);
      expect([...got.typeIds]).toEqual([0, 1]);
    }
  });
  it('a sequence of one that adds and one that does not', () => {
    const processors = [{ type: 'ByteLevel' }, { type: 'BertProcessing', cls, sep }];
    expect([...with_({ type: 'Sequence', processors }).encode('a').ids]).toEqual([CLS, 1037, SEP]);
    const twice = { type: 'Sequence', processors: [processors[1], processors[1]] };
    expect(() => with_(twice)).toThrow(/in more than one place/);
  });
});

describe('added tokens', () => {
  const withToken = (flags: object) => {
    const file = json();
    file.added_tokens.push({ id: 30522, content: '<Mark>', special: false, normalized: false, ...flags });
    return Tokenizer.fromJson(file);
  };
  const mark = 30522;
  const inner = (t: Tokenizer, text: string) => [...t.encode(text, { addSpecialTokens: false }).ids];
  it('are matched before normalization', () => {
    const got = inner(withToken({}), 'a<Mark>a <mark>');
    expect(got.slice(0, 3)).toEqual([1037, mark, 1037]);
    expect(got.slice(3)).not.toContain(mark);
  });
  it('or after it', () => expect(inner(withToken({ normalized: true }), 'a<mark>a')).toEqual([1037, mark, 1037]));
  it('as single words only', () => {
    const t = withToken({ single_word: true });
    expect(inner(t, 'a <Mark> a')).toContain(mark);
    expect(inner(t, 'a<Mark> a')).not.toContain(mark);
  });
  it('count in the vocabulary', () => expect(withToken({}).vocabSize).toBe(30523));
  it('that begin alike: the longest wins', () => {
    const file = json();
    file.added_tokens.push({ id: 30522, content: '<m>' }, { id: 30523, content: '<m><m>' });
    expect(inner(Tokenizer.fromJson(file), '<m><m><m>')).toEqual([30523, 30522]);
  });
});

describe('decode', () => {
  it('gives the text back', () =>
    expect(tokenizer.decode(ids('hello, unbelievable world!'))).toBe('hello, unbelievable world!'));
  it('keeps special tokens when asked', () => {
    expect(tokenizer.decode(ids('a'), { skipSpecialTokens: false })).toBe('[CLS] a [SEP]');
  });
  it('takes nothing', () => expect(tokenizer.decode([])).toBe(''));
  it('refuses unknown ids', () => expect(() => tokenizer.decode([5_000_000])).toThrow(/no token has the id 5000000/));
});

it('encodes batches as single texts', () => {
  const texts = ['a', '', 'one two'];
  expect(tokenizer.encodeBatch(texts)).toEqual(texts.map((text) => tokenizer.encode(text)));
});

describe('a large file with what costs most', () => {
  const whole = (model: object, pre_tokenizer: object | null = null) =>
    Tokenizer.fromJson({
      added_tokens: [],
      normalizer: null,
      pre_tokenizer,
      post_processor: null,
      decoder: null,
      model,
    });

  it('300,000 merges, and a word that all of them may touch', () => {
    const vocab: Record<string, number> = { a: 0, b: 1 };
    const merges: string[] = [];
    // a, aa, aaa … 500 long, then every pair of those as far as it goes
    for (let n = 2; n <= 500; n++) vocab['a'.repeat(n)] = n;
    for (let n = 1; n < 500; n++)
      for (let m = 1; m <= 500 - n && merges.length < 300_000; m++) merges.push(`${'a'.repeat(n)} ${'a'.repeat(m)}`);
    const tokenizer = whole({ type: 'BPE', vocab, merges });
    const { ids } = tokenizer.encode('a'.repeat(200_000), { addSpecialTokens: false });
    const length = (id: number) => (id < 2 ? 1 : id);
    expect([...ids].reduce((sum, id) => sum + length(id), 0)).toBe(200_000);
  });

  it('a Unigram whose pieces all begin alike', () => {
    const vocab = Array.from({ length: 3000 }, (_, n) => ['a'.repeat(n + 1), -1]);
    const tokenizer = whole({ type: 'Unigram', vocab, unk_id: 0 });
    const { ids } = tokenizer.encode('a'.repeat(20_000), { addSpecialTokens: false });
    expect([...ids].reduce((sum, id) => sum + id + 1, 0)).toBe(20_000);
  });
});
