/**
 * The default model with its real weights against sentence-transformers on PyTorch float32 (test/golden/all-MiniLM-L6-v2).
 * Vectors: 1e-5 in every component; the reference's own float32 error is 2e-7. Inner values: 2e-5.
 */
import { AutoModel, SentenceTransformer } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

interface Golden {
  text: string;
  ids: number[];
  untruncated_length: number;
}

const golden = readJson<Golden[]>(testPath('golden', 'all-MiniLM-L6-v2', 'texts.json'));
const texts = golden.map(({ text }) => text);
const want = readTensors(testPath('golden', 'all-MiniLM-L6-v2', 'embeddings.safetensors')).get('embeddings');
const layers = readTensors(testPath('golden', 'all-MiniLM-L6-v2', 'layers.safetensors'));
const folder = testPath('..', 'models', 'all-MiniLM-L6-v2');

describe('vectors', async () => {
  const one = await SentenceTransformer.load(folder, { threads: 1 });
  const two = await SentenceTransformer.load(folder, { threads: 2 });
  const got = await two.encode(texts);
  afterAll(() => Promise.all([one.dispose(), two.dispose()]));

  it('text to vector, in one batch, two threads', () => {
    expect(worstExcess(got.data, want?.data ?? [], 1e-5)).toBeLessThanOrEqual(0);
    const cut = golden.flatMap(({ untruncated_length }, i) => (untruncated_length > 256 ? [i] : []));
    expect(got.truncated).toEqual({ count: cut.length, indices: cut });
  });

  it('ids to vector, one at a time, one thread: the bits of the batch', async () => {
    for (const [i, { ids }] of golden.entries()) {
      if (ids.length > 64 && i !== 58) continue; // the long ones once: scalar code takes seconds for each
      expect((await one.encode({ inputIds: [ids] })).data, texts[i]).toEqual(got.row(i));
    }
  });
});

describe('inner values', async () => {
  const model = await AutoModel.load(folder);
  afterAll(() => model.dispose());

  for (const index of [2, 29]) {
    for (const eager of [true, false]) {
      it(`text ${index}, ${eager ? 'eager' : 'program'}`, async () => {
        const inputIds = [golden[index]?.ids ?? []];
        const got = await model.forward({ inputIds }, { outputHiddenStates: true, outputAttentions: true, eager });
        const flat = (lists: typeof got.hiddenStates) =>
          (lists ?? []).flatMap((layer) => layer.flatMap((tensor) => [...tensor.toFloat32Array()]));
        const expected = (name: string) => layers.get(`text${index}.${name}`)?.data ?? [];
        expect(worstExcess(flat(got.hiddenStates), expected('hidden_states'), 2e-5)).toBeLessThanOrEqual(0);
        expect(worstExcess(flat(got.attentions), expected('attentions'), 2e-5)).toBeLessThanOrEqual(0);
        const pooled = got.poolerOutput?.toFloat32Array() ?? [];
        expect(worstExcess(pooled, expected('pooler_output'), 2e-5)).toBeLessThanOrEqual(0);
      });
    }
  }

  it('eager and program give the same bits for a ragged batch', async () => {
    const inputIds = golden.slice(28, 40).map(({ ids }) => ids);
    const [eager, program] = await Promise.all([
      model.forward({ inputIds }, { eager: true }),
      model.forward({ inputIds }),
    ]);
    const values = (output: typeof eager) => output.lastHiddenState?.map((tensor) => tensor.toFloat32Array());
    expect(values(program)).toEqual(values(eager));
  });
});
