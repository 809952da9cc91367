/**
 * Families and heads against PyTorch (transformers, eager attention, float32). Tolerance: each fixture's own, 20 times the
 * reference's measured float32 error, at least 1e-5; see test/fixtures/README.md.
 */
import { AutoModel, type ForwardOutput, type Tensor } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { type Expected, readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

const fixtures = [
  'bert-model',
  'bert-mlm',
  'bert-seqcls-1',
  'bert-seqcls-3',
  'bert-tokcls',
  'bert-qa',
  'roberta-model',
  'roberta-mlm',
  'roberta-seqcls-1',
  'roberta-seqcls-2',
  'xlmr-model',
  'xlmr-seqcls',
  'xlmr-tokcls',
  'distilbert-model',
  'distilbert-mlm',
  'distilbert-seqcls',
  'distilbert-qa',
  'albert-model',
  'albert-model-groups',
  'albert-mlm',
  'albert-seqcls',
  'electra-model',
  'electra-rtd',
  'electra-mlm',
  'electra-seqcls',
  'mpnet-model',
  'mpnet-mlm',
  't5-encoder',
  'deberta-v2-model',
  'deberta-v2-seqcls-1',
  'deberta-v2-conv',
  'modernbert-model',
  'modernbert-mlm',
  'modernbert-seqcls',
  'gte-model',
  'nomic-bert-model',
];
/** `long.`: one row beyond the buckets and windows of relative positions, outputs only. */
const runs = ['', 'single.1.', 'single.3.', 'long.'];
const rtol = 1e-5;

/** Rows `ids[s]` with the mask's 1s. */
function sequences(tensor: Expected, mask: Expected): number[][] {
  const [rows = 0, width = 0] = mask.shape;
  return Array.from({ length: rows }, (_, s) =>
    tensor.data.slice(s * width, (s + 1) * width).filter((_, t) => mask.data[s * width + t] === 1),
  );
}

/** Part of `want` `[S, T', ..]` that belongs to sequence `s` with `tokens` real tokens. */
function real(want: Expected, s: number, tokens: number, queries = false): number[] {
  const [, first = 1, second = 1, third = 1] = want.shape;
  if (queries) {
    // attentions [S, H, T', T']: queries and keys without padding
    return Array.from({ length: first * tokens * tokens }, (_, i) => {
      const [h, rest] = [Math.floor(i / (tokens * tokens)), i % (tokens * tokens)];
      const [q, k] = [Math.floor(rest / tokens), rest % tokens];
      return want.data[((s * first + h) * second + q) * third + k] ?? Number.NaN;
    });
  }
  const width = want.shape.length === 3 ? second : 1;
  return want.data.slice(s * first * width, (s * first + tokens) * width);
}

for (const name of fixtures) {
  describe(name, async () => {
    const folder = testPath('fixtures', 'transformers', name);
    const expected = readTensors(`${folder}/expected.safetensors`);
    const { tolerance } = readJson<{ tolerance: { atol: Record<string, number> } }>(`${folder}/expected.json`);
    const model = await AutoModel.load(folder);
    afterAll(() => model.dispose());

    for (const run of runs.filter((run) => expected.has(`${run}input_ids`))) {
      for (const eager of [true, false]) {
        it(`${run || 'batch'} ${eager ? 'eager' : 'program'}`, async () => {
          const get = (key: string) => expected.get(run + key);
          const mask = get('attention_mask');
          const ids = get('input_ids');
          const types = get('token_type_ids');
          if (!mask || !ids) throw new Error('fixture without inputs');
          const inputIds = sequences(ids, mask);
          const output = await model.forward(
            { inputIds, tokenTypeIds: types && sequences(types, mask) },
            { outputHiddenStates: true, outputAttentions: true, eager },
          );
          const check = (kind: string, key: string, got: readonly Tensor[] | Tensor | undefined, queries = false) => {
            const want = get(key);
            if (!want || !got) throw new Error(`no ${key}`);
            const atol = tolerance.atol[kind] ?? 0;
            const list = Array.isArray(got) ? (got as Tensor[]) : undefined;
            if (!list) {
              expect(worstExcess((got as Tensor).toFloat32Array(), want.data, atol, rtol), key).toBeLessThanOrEqual(0);
            }
            list?.forEach((tensor, s) => {
              const wanted = real(want, s, inputIds[s]?.length ?? 0, queries);
              expect(worstExcess(tensor.toFloat32Array(), wanted, atol, rtol), `${key} of ${s}`).toBeLessThanOrEqual(0);
            });
          };
          let checked = 0;
          const names: Record<string, keyof ForwardOutput> = {
            last_hidden_state: 'lastHiddenState',
            pooler_output: 'poolerOutput',
            logits: 'logits',
            start_logits: 'startLogits',
            end_logits: 'endLogits',
          };
          for (const [key, property] of Object.entries(names)) {
            if (!get(key)) continue;
            check(key, key, output[property] as Tensor | readonly Tensor[]);
            checked++;
          }
          expect(checked).toBeGreaterThan(0);
          if (run === 'long.') return;
          output.hiddenStates?.forEach((layer, i) => {
            check('hidden_states', `hidden_states.${i}`, layer);
          });
          output.attentions?.forEach((layer, i) => {
            check('attentions', `attentions.${i}`, layer, true);
          });
          const count = [...expected.keys()].filter((key) => key.startsWith('hidden_states.')).length;
          expect(count).toBeGreaterThan(1);
          expect(output.hiddenStates?.length).toBe(count);
          expect(output.attentions?.length).toBe(count - 1);
        });
      }
    }

    it('padding on the right, given as a mask, changes nothing', async () => {
      const [mask, ids, types] = ['attention_mask', 'input_ids', 'token_type_ids'].map((key) => expected.get(key));
      if (!mask || !ids) throw new Error('fixture without inputs');
      const rows = (tensor: Expected) => {
        const width = tensor.shape[1] ?? 0;
        return Array.from({ length: tensor.shape[0] ?? 0 }, (_, s) => tensor.data.slice(s * width, (s + 1) * width));
      };
      const padded = await model.forward(
        { inputIds: rows(ids), tokenTypeIds: types && rows(types), attentionMask: rows(mask) },
        { outputHiddenStates: true },
      );
      const packed = await model.forward(
        { inputIds: sequences(ids, mask), tokenTypeIds: types && sequences(types, mask) },
        { outputHiddenStates: true },
      );
      expect(padded.hiddenStates?.at(-1)?.map((tensor) => tensor.toList())).toEqual(
        packed.hiddenStates?.at(-1)?.map((tensor) => tensor.toList()),
      );
    });
  });
}
