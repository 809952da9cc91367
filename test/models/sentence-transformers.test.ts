/**
 * Folders as sentence-transformers saves them, old and new form, against its own vectors and token ids.
 * Tolerance: each fixture's own (1e-5 absolute); see test/fixtures/README.md.
 */
import { SentenceTransformer } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

const fixtures = [
  'st-cls',
  'st-cls-mean',
  'st-labse',
  'st-lasttoken',
  'st-max',
  'st-mean',
  'st-mean-normalize',
  'st-mean-sqrt',
  'st-prompts',
  'st-roberta',
  'st-t5',
  'st-truncate',
  'st-weightedmean',
  'st-xlmr-unigram',
];

interface Run {
  key: string;
  prompt_name?: string;
  prompt?: string;
  truncate_dim?: number;
  normalize_embeddings?: boolean;
  token_ids: number[][];
}

interface Meta {
  texts: string[];
  max_seq_length: number;
  prompts: Record<string, string>;
  runs: Run[];
  tolerance: { atol: Record<string, number>; rtol: number };
}

for (const name of fixtures) {
  describe(name, async () => {
    const folder = testPath('fixtures', 'transformers', name);
    const meta = readJson<Meta>(`${folder}/expected.json`);
    const expected = readTensors(`${folder}/expected.safetensors`);
    const model = await SentenceTransformer.load(folder);
    afterAll(() => model.dispose());

    it('reads limits and prompts from the folder', () => {
      expect(model.maxSeqLength).toBe(meta.max_seq_length);
      for (const [key, prompt] of Object.entries(meta.prompts)) expect(model.prompts[key]).toBe(prompt);
    });

    for (const run of meta.runs) {
      const want = expected.get(run.key);
      const atol = meta.tolerance.atol[run.key] ?? 0;
      const options = {
        promptName: run.prompt_name,
        prompt: run.prompt,
        truncateDim: run.truncate_dim,
        normalizeEmbeddings: run.normalize_embeddings,
      };

      it(`${run.key}: a batch`, async () => {
        const got = await model.encode(meta.texts, options);
        expect(got.shape).toEqual(want?.shape);
        expect(worstExcess(got.data, want?.data ?? [], atol, meta.tolerance.rtol)).toBeLessThanOrEqual(0);
      });

      it(`${run.key}: one text at a time`, async () => {
        for (const [i, text] of meta.texts.entries()) {
          const got = await model.encode(text, options);
          const row = want?.data.slice(i * got.dimension, (i + 1) * got.dimension) ?? [];
          expect(worstExcess(got.data, row, atol, meta.tolerance.rtol), text).toBeLessThanOrEqual(0);
        }
      });
    }

    it('ready ids give the same bits as their text', async () => {
      const [run] = meta.runs;
      const texts = await model.encode(meta.texts);
      const ids = await model.encode({ inputIds: run?.token_ids ?? [] });
      expect(ids.data).toEqual(texts.data);
    });
  });
}

it('encodeQuery and encodeDocument take the prompts of the folder', async () => {
  const folder = testPath('fixtures', 'transformers', 'st-prompts');
  await using model = await SentenceTransformer.load(folder);
  const text = 'How do I reset my password?';
  const plain = await model.encode(text);
  const query = await model.encodeQuery(text);
  const document = await model.encodeDocument(text);
  expect(query.data).toEqual((await model.encode(text, { promptName: 'query' })).data);
  expect(document.data).toEqual((await model.encode(text, { promptName: 'document' })).data);
  expect(query.data).not.toEqual(plain.data);
  await expect(model.encode(text, { promptName: 'nonsense' })).rejects.toThrow('no prompt "nonsense" in this model');
});
