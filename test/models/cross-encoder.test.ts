/**
 * Cross-encoders as sentence-transformers saves them, in its three forms, against its own scores and token ids.
 * Tolerance: each fixture's own (20 times the reference's float32 error, at least 1e-5); see test/fixtures/README.md.
 */
import { CrossEncoder, type Pair } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

interface Meta {
  pairs: Pair[];
  token_ids: number[][];
  token_type_ids?: number[][];
  max_seq_length: number;
  tolerance: { atol: Record<string, number>; rtol: number };
}

for (const name of ['crossencoder-1', 'crossencoder-raw', 'crossencoder-nli']) {
  describe(name, async () => {
    const folder = testPath('fixtures', 'transformers', name);
    const meta = readJson<Meta>(`${folder}/expected.json`);
    const expected = readTensors(`${folder}/expected.safetensors`);
    const model = await CrossEncoder.load(folder);
    afterAll(() => model.dispose());
    const excess = (got: Float32Array, key: string) =>
      worstExcess(got, expected.get(key)?.data ?? [], meta.tolerance.atol[key] ?? 0, meta.tolerance.rtol);

    it('reads the limit from the folder', () => expect(model.maxSeqLength).toBe(meta.max_seq_length));

    it('cuts pairs where the reference does', () => {
      meta.pairs.forEach(([first, second], i) => {
        const options = { pair: second, truncation: true, maxLength: model.maxSeqLength };
        const { ids, typeIds } = model.tokenizer.encode(first, options);
        expect([...ids]).toEqual(meta.token_ids[i]);
        if (meta.token_type_ids) expect([...typeIds]).toEqual(meta.token_type_ids[i]);
      });
    });

    it('scores with the saved activation, logits without, and softmax over labels', async () => {
      expect(excess((await model.predict(meta.pairs)).data, 'scores')).toBeLessThanOrEqual(0);
      const logits = await model.predict(meta.pairs, { activationFn: 'identity' });
      expect(excess(logits.data, 'logits')).toBeLessThanOrEqual(0);
      if (!expected.has('softmax')) return;
      const softmax = await model.predict(meta.pairs, { applySoftmax: true });
      expect(excess(softmax.data, 'softmax')).toBeLessThanOrEqual(0);
    });

    it('gives a pair the same bits alone and in groups of any size', async () => {
      const whole = await model.predict(meta.pairs);
      for (const batchTokens of [1, 60]) {
        expect((await model.predict(meta.pairs, { batchTokens })).data).toEqual(whole.data);
      }
      const last = await model.predict(meta.pairs.at(-1)!);
      expect(last.data).toEqual(whole.row(meta.pairs.length - 1));
    });
  });
}
