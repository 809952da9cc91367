/**
 * Tokens that attention does not see, as late interaction adds them to queries: every family gives those that are seen the
 * bits they have without them.
 */
import { Tensor } from 'vectral';
import { describe, expect, it } from 'vitest';
import { JsonFile } from '../../src/json-file.js';
import { buildEncoder } from '../../src/models/index.js';
import type { Batch } from '../../src/nn/batch.js';
import { Checkpoint } from '../../src/weights/checkpoint.js';
import { expectSame } from '../reference/closeness.js';
import { readTensors, testPath } from '../reference/expected.js';

const fixtures = [
  'albert-model',
  'bert-model',
  'deberta-v2-model',
  'distilbert-model',
  'electra-model',
  'gte-model',
  'modernbert-model',
  'mpnet-model',
  'nomic-bert-model',
  'roberta-model',
  't5-encoder',
];
const added = 3;

describe.each(fixtures)('%s', async (name) => {
  const folder = testPath('fixtures', 'transformers', name);
  const config = await JsonFile.read(`${folder}/config.json`);
  const checkpoint = await Checkpoint.open(folder);
  const encoder = buildEncoder(config, checkpoint);
  const { shape, data } =
    readTensors(`${folder}/expected.safetensors`).get('single.1.input_ids') ??
    readTensors(`${folder}/expected.safetensors`).get('input_ids')!;
  const ids = data.slice(0, shape[1]).filter((id) => id > 1);
  const length = ids.length;

  /** Hidden states of the ids, and of a second sequence that is the same but reversed. */
  function encode(more: readonly number[], keys?: number): Float32Array {
    const first = [...ids, ...more];
    const batch: Batch = {
      inputIds: Tensor.from(Int32Array.from([...first, ...[...ids].reverse()])),
      tokenTypeIds: Tensor.from(new Int32Array(first.length + length)),
      offsets: Tensor.from(Int32Array.of(0, first.length, first.length + length)),
      ...(keys !== undefined && { keys: Tensor.from(Int32Array.of(keys, length)) }),
      trace: () => {},
    };
    return encoder.encode(batch).toFloat32Array();
  }

  it('hides what is added from what was there', () => {
    const columns = encoder.hiddenSize;
    const more = Array.from({ length: added }, (_, i) => ids[i % length]!);
    const [alone, hidden, seen] = [encode([]), encode(more, length), encode(more)];
    const part = (x: Float32Array, begin: number) => x.slice(begin * columns, (begin + length) * columns);
    expectSame(part(hidden, 0), part(alone, 0), 'tokens that are seen');
    expectSame(part(hidden, length + added), part(alone, length), 'the other sequence');
    expect(part(seen, 0)).not.toEqual(part(alone, 0));
  });
});
