/** Checkpoints that name a head in config.json and were saved without it, as sentence-transformers' often are. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoModel, pipeline, quantize, WeightsError } from 'vectral';
import { afterAll, expect, it } from 'vitest';
import { readJson, testPath } from '../reference/expected.js';

const scratch = mkdtempSync(join(tmpdir(), 'vectral-headless-'));
afterAll(() => rmSync(scratch, { recursive: true }));

it.each([
  ['mpnet-model', 'MPNetForMaskedLM'],
  ['bert-model', 'BertForMaskedLM'],
  ['roberta-model', 'RobertaForSequenceClassification'],
  ['modernbert-model', 'ModernBertForMaskedLM'],
])('%s that says %s is the encoder', async (name, architecture) => {
  const source = testPath('fixtures', 'transformers', name);
  const folder = join(scratch, name);
  cpSync(source, folder, { recursive: true });
  const config = readJson<object>(join(source, 'config.json'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, architectures: [architecture] }));
  const input = { inputIds: [[5, 7, 9, 11]] };
  await using model = await AutoModel.load(folder);
  await using original = await AutoModel.load(source);
  const [got, want] = [await model.forward(input), await original.forward(input)];
  expect(got.lastHiddenState![0]!.toArray()).toEqual(want.lastHiddenState![0]!.toArray());

  const small = join(scratch, `${name}-int8`);
  await quantize(folder, small, { dtype: 'int8' });
  await using quantized = await AutoModel.load(small);
  expect((await quantized.forward(input)).lastHiddenState![0]!.shape).toEqual(want.lastHiddenState![0]!.shape);
});

it('a task that needs the head says that it is not there', async () => {
  const call = pipeline('fill-mask', join(scratch, 'bert-model'));
  await expect(call).rejects.toThrow(WeightsError);
  await expect(call).rejects.toThrow(/holds the encoder alone, without the head of BertForMaskedLM/);
});
