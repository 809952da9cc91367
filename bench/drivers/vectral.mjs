/** This repository's own build. Variant: dtype. */
import { SentenceTransformer } from 'vectral';

/** Imported when it is needed: a cold start must not pay for it. */
const internals = () => import('../internals.mjs');

export async function load({ modelDir, threads, variant }) {
  // f32 is the default, and is left out so that the run is what a user gets.
  const options = variant === 'f32' ? { threads } : { threads, dtype: variant };
  const model = await SentenceTransformer.load(modelDir, options);
  return {
    groupings: [{ batch: Number.POSITIVE_INFINITY }],
    info: { isa: model.describe().native.isa },
    encode: async (texts) => (await model.encode(texts)).rows(),
    encodeIds: async (ids) => (await model.encode({ inputIds: [ids] })).rows()[0],
    measurePeaks: async (count) => (await internals()).measurePeaks(count, { reads: false }),
    prepareForward: (ids) => prepareForward(modelDir, { threads, arithmetic: variant }, ids),
  };
}

/** The program behind the model, run on packed ids: the forward and the one call into native code, nothing else. */
async function prepareForward(folder, options, ids) {
  const { compileModules, loadModules, packBatch, readModules } = await internals();
  const program = await compileModules(await loadModules(folder, await readModules(folder), {}), options);
  const batch = { ...packBatch([{ inputIds: ids }]), start: new Int32Array(1) };
  const inputs = Object.fromEntries(program.inputs.map(({ name }) => [name, batch[name]]));
  return () => program.run(inputs);
}
