/** Texts that break programs: each gives the vector that the reference gives. */
import { SentenceTransformer, UsageError } from 'vectral';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultModelFolder } from './child.js';
import { distance, goldenTexts } from './golden.js';

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(defaultModelFolder);
});
afterAll(() => model.dispose());

const vector = async (text: string) => (await model.encode(text)).row(0);
/** By token ids, so that the text's way to its ids does not matter. */
const vectorOfIds = async (...ids: number[]) => (await model.encode({ inputIds: [ids] })).row(0);
const [cls, sep, unk] = [101, 102, 100];

it.each([
  ['the empty string', ''],
  ['a space', ' '],
  ['ten thousand spaces', ' '.repeat(10_000)],
  ['every kind of white space', ' \t\r\n\u00a0\u2003\u3000'],
  ['NUL alone', '\0\0\0'],
  ['a lone high surrogate', '\ud83d'],
  ['a lone low surrogate', '\ude00'],
  ['surrogates the wrong way round', '\ude00\ud83d'],
])('%s is a text of no token', async (_, text) => {
  const empty = goldenTexts.find(({ ids }) => ids.length === 2);
  expect(empty?.ids).toEqual([cls, sep]);
  const got = await vector(text);
  expect(got).toEqual(await vectorOfIds(cls, sep));
  expect(distance(got, empty?.vector ?? [])).toBeLessThan(1e-5);
});

it.each([
  ['NUL inside a word', 'em\0bed\0', 'embed'],
  ['lone surrogates inside a word', 'em\ud800bed\udfff', 'embed'],
  ['spaces around words', '   two \n\t words  ', 'two words'],
])('%s does not count', async (_, text, plain) => {
  expect(await vector(text)).toEqual(await vector(plain));
  expect(await vector(text)).not.toEqual(await vector(''));
});

it('a string of 100 kB is cut at the length of the model, and this is reported', async () => {
  const text = 'river '.repeat(17_000);
  const { truncated } = await model.encode(['short', text, 'short too']);
  expect(truncated).toEqual({ count: 1, indices: [1] });
  const river = model.tokenizer.tokenToId('river') ?? -1;
  expect(river).toBeGreaterThan(0);
  const ids = [cls, ...Array<number>(254).fill(river), sep];
  expect(await vector(text)).toEqual(await vectorOfIds(...ids));
});

it('a word of 100 kB is one unknown token', async () => {
  expect(await vector('x'.repeat(100_000))).toEqual(await vectorOfIds(cls, unk, sep));
});

it('100 kB of emoji, joiners, accents and right-to-left marks come out finite', async () => {
  for (const piece of ['👩‍👩‍👧', 'e\u0301\u0327', '\u202eabc', '漢', '\u{10FFFF}', '[SEP]']) {
    const got = await vector(piece.repeat(Math.ceil(100_000 / piece.length)));
    expect(Math.hypot(...got)).toBeCloseTo(1, 5);
  }
});

it('no text gives no vector', async () => {
  const none = await model.encode([]);
  expect(none.shape).toEqual([0, 384]);
  expect(none.rows()).toEqual([]);
});

it('10,000 texts, each as alone', async () => {
  const texts = Array.from({ length: 10_000 }, (_, i) => (i % 97 === 0 ? '' : `number ${i}`));
  const all = await model.encode(texts);
  expect(all.shape).toEqual([10_000, 384]);
  for (const row of all) expect(Math.abs(Math.hypot(...row) - 1)).toBeLessThan(1e-5);
  for (const i of [0, 1, 97, 4999, 9998, 9999]) expect(all.row(i)).toEqual(await vector(texts[i] ?? ''));
});

it.each([
  ['a number', 5],
  ['null', null],
  ['an object', {}],
  ['a list with a number', ['a', 5]],
  ['a list with a hole', new Array(3)],
  ['ids that are no lists', { inputIds: [5] }],
  ['an id outside the vocabulary', { inputIds: [[101, 30522]] }],
  ['a negative id', { inputIds: [[-1]] }],
  ['an id that is no whole number', { inputIds: [[1.5]] }],
  ['too many ids', { inputIds: [Array(257).fill(5)] }],
  ['a sequence of no id', { inputIds: [[]] }],
])('%s is refused', async (_, input) => {
  await expect(async () => model.encode(input as unknown as string)).rejects.toThrow(UsageError);
});
