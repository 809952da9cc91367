/** This repository's own build. Variant: dtype. */
import { SentenceTransformer } from 'vectral';

export async function load({ modelDir, threads, variant }) {
  // f32 is the default, and is left out so that the run is what a user gets.
  const options = variant === 'f32' ? { threads } : { threads, dtype: variant };
  const model = await SentenceTransformer.load(modelDir, options);
  return {
    groupings: [{ batch: Number.POSITIVE_INFINITY }],
    info: { isa: model.describe().native.isa },
    encode: async (texts) => (await model.encode(texts)).rows(),
    encodeIds: async (ids) => (await model.encode({ inputIds: [ids] })).rows()[0],
  };
}
