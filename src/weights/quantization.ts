/** How a file says that its matrices are quantized: entries of a safetensors file's `__metadata__`. */
import { WeightsError } from '../errors.js';

/**
 * `int8`: matrices are I8, rotated as int8 arithmetic rotates them, beside an F32 `…_scale` for each row. `bf16`: they are
 * BF16, as in any other file.
 */
export type Quantization = 'int8' | 'bf16';

/** Changes whenever what is written would be read as something else. */
const version = '1';

export function quantizationMetadata(to: Quantization): Record<string, string> {
  // transformers reads files that say pt; I8 would mean something else to it
  return { format: to === 'bf16' ? 'pt' : 'vectral', quantization: to, quantization_version: version };
}

/** @throws WeightsError for what this version does not know. */
export function readQuantization(metadata: Readonly<Record<string, string>>, path: string): Quantization {
  const { quantization, quantization_version: found } = metadata;
  if ((quantization === 'int8' || quantization === 'bf16') && found === version) return quantization;
  throw new WeightsError(
    `${path}: "__metadata__" says quantization "${quantization}" of version "${found}"; supported: int8 and bf16 of version ${version}; quantize the model again with this version`,
  );
}
