/** The feature-extraction pipeline of @huggingface/transformers, used as its manual shows. Variant: its dtype. */
import path from 'node:path';
import { importFrom } from '../peer-packages.mjs';
import { runGrouped } from './grouped.mjs';

export async function load({ modelDir, peersDir, threads, variant }) {
  const { env, pipeline, Tensor, mean_pooling } = await importFrom(
    path.join(peersDir, 'transformers-js'),
    '@huggingface/transformers',
  );
  env.allowRemoteModels = false;
  env.localModelPath = `${path.join(peersDir, 'models')}${path.sep}`;
  const extract = await pipeline('feature-extraction', path.basename(modelDir), {
    dtype: variant,
    device: 'cpu',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  const rows = ({ data, dims }) => {
    const width = dims.at(-1);
    return Array.from({ length: dims[0] }, (_, row) => data.subarray(row * width, (row + 1) * width));
  };
  return {
    groupings: [{ batch: 1 }, { batch: 8 }, { batch: 32 }],
    encode: (texts, grouping) =>
      runGrouped(
        texts.map((text) => text.length),
        grouping,
        async (part) =>
          rows(
            await extract(
              part.map((i) => texts[i]),
              { pooling: 'mean', normalize: true },
            ),
          ),
      ),
    async encodeIds(ids) {
      const shape = [1, ids.length];
      const input_ids = new Tensor('int64', BigInt64Array.from(ids, BigInt), shape);
      const attention_mask = new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape);
      const token_type_ids = new Tensor('int64', new BigInt64Array(ids.length), shape);
      const output = await extract.model({ input_ids, attention_mask, token_type_ids });
      return rows(mean_pooling(output.last_hidden_state, attention_mask).normalize(2, -1))[0];
    },
  };
}
