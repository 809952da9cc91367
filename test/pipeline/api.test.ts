/** What callers of the loaded models may get wrong: each mistake is one typed line that names the argument, and the mend. */
import { AutoModel, SentenceTransformer, Tensor, UsageError } from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPath } from '../reference/expected.js';

const folder = testPath('fixtures', 'transformers', 'st-prompts');
const dimension = 48;
const vocabulary = 400;
let model: SentenceTransformer;
let bert: AutoModel;
beforeAll(async () => {
  model = await SentenceTransformer.load(folder);
  bert = await AutoModel.load(folder);
});
afterAll(async () => {
  await model.dispose();
  await bert.dispose();
});

/** Options and inputs as plain JavaScript may pass them. */
const loose = (value: unknown) => value as never;

async function refuses(call: () => Promise<unknown>, message: string): Promise<void> {
  const error: unknown = await call().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain('\n');
}

/** A list of `length` in which only `at` is there. */
function sparse<T>(length: number, at: number, value: T): T[] {
  const list: T[] = new Array(length);
  list[at] = value;
  return list;
}

describe('the input of encode is copied before it returns', () => {
  it('texts', async () => {
    const texts = Array.from({ length: 6 }, (_, i) => 'the cat sat '.repeat(1 + i));
    const want = await model.encode([...texts], { batchTokens: 1 });
    const call = model.encode(texts, { batchTokens: 1 });
    texts.fill('something else');
    texts.length = 2;
    expect((await call).data).toEqual(want.data);
  });

  it('ids', async () => {
    const inputIds = [[2, 7, 3], Int32Array.of(2, 9, 11, 3), [2, 3]];
    const want = await model.encode({ inputIds: inputIds.map((row) => [...row]) }, { batchTokens: 1 });
    const call = model.encode({ inputIds }, { batchTokens: 1 });
    for (const row of inputIds) row.fill(5);
    inputIds.pop();
    expect((await call).data).toEqual(want.data);
  });
});

describe('encode refuses', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'encode takes a string, a list of strings, or { inputIds }, got null'],
    ['a number', 5, 'or { inputIds }, got 5'],
    ['a hole', sparse(3, 1, 'a'), 'text 0 is not a string, got undefined'],
    ['a list with a number', ['a', 5], 'text 1 is not a string, got 5'],
    ['holes in ids', { inputIds: sparse(2, 1, [2, 3]) }, 'inputIds must be a list of lists of ids, but inputIds[0] is'],
    ['a hole in a row', { inputIds: [sparse(3, 0, 2)] }, 'inputIds[0][1] is undefined; expected a whole number'],
    ['an empty row', { inputIds: [[]] }, 'inputIds[0] is empty'],
    [
      'an unknown id',
      { inputIds: [[2, vocabulary]] },
      `[0][1] is ${vocabulary}; expected a whole number from 0 to 399`,
    ],
    ['a mask', { inputIds: [[2, 3]], attentionMask: [[1, 1]] }, 'there is no "attentionMask" in its input'],
  ])('%s', async (_, input, message) => {
    await refuses(() => model.encode(loose(input)), message);
  });

  it.each<[string, unknown, string]>([
    ['null for options', null, 'encode: options must be an object, got null'],
    ['a number for options', 5, 'encode: options must be an object, got 5'],
    ['truncatedim', { truncatedim: 5 }, 'there is no "truncatedim" in options; did you mean truncateDim?'],
    ['truncate_dim', { truncate_dim: 5 }, 'did you mean truncateDim?'],
    ['batch_tokens', { batch_tokens: 5 }, 'did you mean batchTokens?'],
    ['something unknown', { colour: 1 }, 'it takes promptName, prompt, normalizeEmbeddings'],
    ['an inherited name', { toString: 1 }, 'there is no "toString"'],
    ['a number as prompt', { prompt: 5 }, 'encode: prompt must be a string, got 5'],
    ['null as prompt', { prompt: null }, 'encode: prompt must be a string, got null'],
    ['a number as promptName', { promptName: 5 }, 'promptName must be a string, got 5'],
    ['an unknown prompt', { promptName: 'toString' }, 'no prompt "toString" in this model'],
    ['a string as flag', { normalizeEmbeddings: 'no' }, 'normalizeEmbeddings must be true or false, got "no"'],
    ['no function', { onProgress: {} }, 'onProgress must be a function, got an object'],
    ['no signal', { signal: {} }, 'signal must be an AbortSignal'],
    ['a fraction', { truncateDim: 1.5 }, 'truncateDim must be a whole number from 1, got 1.5'],
    ['more than the dimension', { truncateDim: 49 }, `vectors of this model have dimension ${dimension}`],
    ['no batch', { batchTokens: 0 }, 'batchTokens must be a whole number from 1, got 0'],
  ])('%s', async (_, options, message) => {
    await refuses(() => model.encode('a', loose(options)), message);
    await refuses(() => model.encodeQuery('a', loose(options)), message.replace('encode:', 'encodeQuery:'));
    await refuses(() => model.encodeStream(['a'], loose(options)).next(), message.replace('encode:', 'encodeStream:'));
  });
});

describe('encodeStream refuses', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'takes an iterable or async iterable of texts, got null'],
    ['a number', 5, 'takes an iterable or async iterable of texts, got 5'],
    ['a string', 'abc', 'takes a list or stream of texts; wrap one in a list'],
    ['ids', { inputIds: [[2, 3]] }, 'takes an iterable'],
    ['an item that is no string', ['a', 'b', 5], 'text 2 is not a string, got 5'],
    ['a hole', sparse(2, 1, 'a'), 'text 0 is not a string, got undefined'],
  ])('%s', async (_, texts, message) => {
    await refuses(async () => {
      for await (const _batch of model.encodeStream(loose(texts)));
    }, message);
  });

  it('batch_size, and a batch of none', async () => {
    await refuses(() => model.encodeStream(['a'], loose({ batch_size: 2 })).next(), 'did you mean batchSize?');
    await refuses(() => model.encodeStream(['a'], { batchSize: 0 }).next(), 'batchSize must be a whole number from 1');
  });

  it('options that do not fit the model, without any text', async () => {
    await refuses(() => model.encodeStream([], { truncateDim: 49 }).next(), 'have dimension 48');
  });
});

describe('forward refuses', () => {
  const inputIds = [
    [2, 5, 3],
    [2, 3],
  ];

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'forward: its input must be an object, got undefined'],
    ['null', null, 'forward: its input must be an object, got null'],
    ['a list', [[2, 3]], 'forward: its input must be an object, got a list of 1'],
    ['no inputIds', {}, 'inputIds must be a list of lists of ids, one list a sequence, got undefined'],
    ['input_ids', { input_ids: inputIds }, 'did you mean inputIds?'],
    ['attention_mask', { inputIds, attention_mask: inputIds }, 'did you mean attentionMask?'],
    ['flat ids', { inputIds: [2, 3] }, 'inputIds must be a list of lists of ids, but inputIds[0] is 2'],
    ['a tensor', { inputIds: Tensor.from([[2, 3]], { dtype: 'i32' }) }, 'one list a sequence, got Tensor'],
    ['big integers', { inputIds: [BigInt64Array.of(2n, 3n)] }, 'but inputIds[0] is BigInt64Array'],
    ['a row of text', { inputIds: ['23'] }, 'but inputIds[0] is "23"'],
    ['a hole', { inputIds: sparse(2, 0, [2, 3]) }, 'but inputIds[1] is undefined'],
    ['too few masks', { inputIds, attentionMask: [[1, 1, 1]] }, 'attentionMask has 1 rows, inputIds 2'],
    [
      'a short mask',
      {
        inputIds,
        attentionMask: [
          [1, 1],
          [1, 1],
        ],
      },
      'attentionMask[0] has 2 entries, inputIds[0] 3',
    ],
    [
      'padding on the left',
      {
        inputIds,
        attentionMask: [
          [0, 1, 1],
          [1, 1],
        ],
      },
      'ones and then zeros',
    ],
    [
      'a mask of 2',
      {
        inputIds,
        attentionMask: [
          [1, 2, 0],
          [1, 1],
        ],
      },
      'ones and then zeros',
    ],
    [
      'nothing but padding',
      {
        inputIds,
        attentionMask: [
          [0, 0, 0],
          [1, 1],
        ],
      },
      'attentionMask[0] is 0 throughout',
    ],
    ['a flat mask', { inputIds, attentionMask: [1, 1] }, 'attentionMask must be a list of lists of ids'],
    ['null as mask', { inputIds, attentionMask: null }, 'attentionMask must be a list of lists'],
    ['too few segments', { inputIds, tokenTypeIds: [[0, 0, 0]] }, 'tokenTypeIds has 1 rows, inputIds 2'],
    [
      'too many segments',
      {
        inputIds,
        tokenTypeIds: [
          [0, 0, 0],
          [0, 0, 0],
        ],
      },
      'tokenTypeIds[1] has 3 entries',
    ],
    [
      'an unknown segment',
      {
        inputIds,
        tokenTypeIds: [
          [0, 2, 0],
          [0, 0],
        ],
      },
      'expected a whole number from 0 to 1',
    ],
  ])('%s', async (_, input, message) => {
    await refuses(() => bert.forward(loose(input)), message);
    await refuses(() => bert.forward(loose(input), { eager: true }), message);
  });

  it.each<[string, unknown, string]>([
    ['null for options', null, 'forward: options must be an object, got null'],
    ['output_hidden_states', { output_hidden_states: true }, 'did you mean outputHiddenStates?'],
    ['text as flag', { outputAttentions: 'yes' }, 'outputAttentions must be true or false, got "yes"'],
    ['too many threads', { threads: 5000 }, 'threads must be a whole number from 0 (all CPUs) to 1024, got 5000'],
    ['half a thread', { threads: 0.5 }, 'to 1024, got 0.5'],
    ['threads beside eager', { eager: true, threads: 1 }, 'threads does not go with eager'],
  ])('%s', async (_, options, message) => {
    await refuses(() => bert.forward({ inputIds }, loose(options)), message);
  });

  it.each([true, false])('a call whose signal was aborted, eager %s', async (eager) => {
    const reason = new Error('enough');
    await expect(bert.forward({ inputIds }, { eager, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('nothing that is right: padding is dropped, whatever ids stand there', async () => {
    const padded = await bert.forward({
      inputIds: [
        [2, 5, 3],
        [2, 3, -100],
      ],
      attentionMask: [
        [1, 1, 1],
        [1, 1, 0],
      ],
    });
    const plain = await bert.forward({ inputIds });
    expect(padded.lastHiddenState?.map((x) => x.toList())).toEqual(plain.lastHiddenState?.map((x) => x.toList()));
  });
});

describe('load refuses', () => {
  const loaders: [string, (model?: never, options?: never) => Promise<unknown>][] = [
    ['SentenceTransformer', (name, options) => SentenceTransformer.load(name, options)],
    ['AutoModel', (name, options) => AutoModel.load(name, options)],
  ];

  it.each(loaders)('%s: names that are none', async (_, load) => {
    for (const name of [null, 5, {}, [folder]]) {
      await refuses(() => load(loose(name)), 'the model must be an id or a folder; got');
    }
  });

  it.each(loaders)('%s: options that make no sense', async (name, load) => {
    const cases: [unknown, string][] = [
      [null, 'options must be an object, got null'],
      ['f32', 'options must be an object, got "f32"'],
      [{ threads: 1025 }, 'threads must be a whole number from 0 (all CPUs) to 1024, got 1025'],
      [{ threads: -1 }, 'got -1'],
      [{ threads: '2' }, 'got "2"'],
      [{ mmap: 1 }, 'mmap must be true or false, got 1'],
      [{ signal: true }, 'signal must be an AbortSignal, got true'],
      [{ thread: 1 }, 'did you mean threads?'],
    ];
    for (const [options, message] of cases) {
      await refuses(() => load(loose(folder), loose(options)), message);
      await refuses(() => load(loose(folder), loose(options)), `${name}.load: `);
    }
    const reason = new Error('enough');
    await expect(load(loose(folder), loose({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  it('what only sentence encoders take, or more than they have', async () => {
    await refuses(() => AutoModel.load(folder, loose({ dtype: 'bf16' })), 'there is no "dtype" in options');
    for (const [dtype, shown] of [
      ['int4', '"int4"'],
      [null, 'null'],
    ]) {
      const message = `dtype ${shown} is not supported; supported: f32, bf16, int8`;
      await refuses(() => SentenceTransformer.load(folder, loose({ dtype })), message);
    }
    await refuses(() => AutoModel.load(folder, loose({ truncateDim: 4 })), 'there is no "truncateDim" in options');
    await refuses(() => SentenceTransformer.load(folder, { truncateDim: 49 }), 'have dimension 48');
  });
});

it('the tokenizer refuses what is no text', () => {
  const { tokenizer } = model;
  for (const text of [null, 5, undefined, ['a']]) {
    expect(() => tokenizer.encode(loose(text))).toThrow(UsageError);
    expect(() => tokenizer.encode(loose(text))).toThrow('Tokenizer.encode takes a string, got');
  }
  expect(() => tokenizer.encodeBatch(loose('abc'))).toThrow('takes a list of strings, got "abc"');
  expect(() => tokenizer.encodeBatch(sparse(2, 1, 'a'))).toThrow('takes a string, got undefined');
  expect(() => tokenizer.encode('a', loose({ max_length: 5 }))).toThrow('did you mean maxLength?');
  expect(() => tokenizer.encode('a', loose({ truncation: 'longest' }))).toThrow('truncation must be true, false');
  expect(() => tokenizer.encode('a', loose(null))).toThrow('options must be an object, got null');
  expect(() => tokenizer.decode(loose(null))).toThrow('Tokenizer.decode takes a list of ids, got null');
});

it('a disposed model says so', async () => {
  const gone = await SentenceTransformer.load(folder);
  await gone.dispose();
  expect(() => gone.describe()).toThrow(UsageError);
  expect(() => gone.describe()).toThrow('this model was disposed');
  await refuses(() => gone.encode('a'), 'this model was disposed');
  await refuses(() => gone.encodeStream(['a']).next(), 'this model was disposed');
});
