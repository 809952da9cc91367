/**
 * The default model in bf16 and int8 arithmetic against PyTorch float32. Bounds on 1 − cosine are about twice the largest
 * measured over 2,552 STS-B sentences (bf16 4.5e-5, int8 2.6e-3); odd texts of the golden set are harder for int8.
 */
import { MultiVectorEncoder, SentenceTransformer } from 'vectral';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath } from '../reference/expected.js';

const golden = readJson<{ text: string; ids: number[] }[]>(testPath('golden', 'all-MiniLM-L6-v2', 'texts.json'));
const want =
  readTensors(testPath('golden', 'all-MiniLM-L6-v2', 'embeddings.safetensors')).get('embeddings')?.data ?? [];
const folder = testPath('..', 'models', 'all-MiniLM-L6-v2');
/** Short ones only: scalar code takes seconds for each long text. */
const short = golden.flatMap(({ ids }, i) => (ids.length <= 16 ? [i] : []));
const texts = short.map((i) => golden[i]?.text ?? '');

const bounds = { bf16: 1e-4, int8: 6e-3 } as const;

describe.each(['bf16', 'int8'] as const)('%s', (dtype) => {
  it('stays near the reference', async () => {
    await using model = await SentenceTransformer.load(folder, { dtype });
    const got = await model.encode(texts);
    for (const [row, i] of short.entries()) {
      const cosine = got.row(row).reduce((sum, x, d) => sum + x * (want[i * 384 + d] ?? Number.NaN), 0);
      expect(1 - cosine, texts[row]).toBeLessThan(bounds[dtype]);
    }
  });

  it('gives a text the same bits alone, in any batch, with one or two threads', async () => {
    await using one = await SentenceTransformer.load(folder, { dtype, threads: 1 });
    await using two = await SentenceTransformer.load(folder, { dtype, threads: 2 });
    const batch = await two.encode(texts);
    const reversed = await one.encode([...texts].reverse(), { batchTokens: 40 });
    for (const [i, text] of texts.entries()) {
      expect(reversed.row(texts.length - 1 - i), text).toEqual(batch.row(i));
      expect((await one.encode(text)).data, text).toEqual(batch.row(i));
    }
  });

  it('hides the tokens that expand a query from attention as float32 does', async () => {
    const colbert = testPath('fixtures', 'transformers', 'colbert');
    await using exact = await MultiVectorEncoder.load(colbert);
    await using model = await MultiVectorEncoder.load(colbert, { dtype });
    const queries = ['the cat', 'how do i reset my password']; // the second is nearly as long as it may be
    const [want, got] = [await exact.encodeQuery(queries), await model.encodeQuery(queries)];
    for (let row = 0; row < 16; row++) {
      const part = (data: Float32Array) => data.subarray(row * 24, (row + 1) * 24);
      const cosine = part(got.data).reduce((sum, x, d) => sum + x * part(want.data)[d]!, 0);
      // the rows of the first are 3e-2 to 1e-1 away where they are seen
      expect(1 - cosine).toBeLessThan(bounds[dtype]);
    }
  });
});
