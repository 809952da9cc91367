/**
 * The engines and their settings, one row each. `driver` is a file of drivers/; `variant` is passed to it. `peer`
 * names the folder of setup-peers.sh the engine's package is installed in; rows without one need nothing but this
 * repository.
 */
export const engines = [
  { name: 'vectral', driver: 'vectral.mjs', variant: 'f32' },
  { name: 'vectral bf16', driver: 'vectral.mjs', variant: 'bf16' },
  { name: 'vectral int8', driver: 'vectral.mjs', variant: 'int8' },
  {
    name: 'onnxruntime-node fp32',
    driver: 'onnxruntime.mjs',
    variant: 'pooled',
    peer: 'onnxruntime',
    package: 'onnxruntime-node',
  },
  {
    name: 'onnxruntime-node fp32 fused',
    driver: 'onnxruntime.mjs',
    variant: 'pooled_fused',
    peer: 'onnxruntime',
    package: 'onnxruntime-node',
  },
  {
    name: 'onnxruntime-node int8',
    driver: 'onnxruntime.mjs',
    variant: 'pooled_int8',
    peer: 'onnxruntime',
    package: 'onnxruntime-node',
  },
  {
    name: 'transformers.js fp32',
    driver: 'transformers-js.mjs',
    variant: 'fp32',
    peer: 'transformers-js',
    package: '@huggingface/transformers',
  },
  {
    name: 'transformers.js q8',
    driver: 'transformers-js.mjs',
    variant: 'q8',
    peer: 'transformers-js',
    package: '@huggingface/transformers',
  },
];

/** Ratios divide by this engine's figure of the same round. */
export const REFERENCE = 'onnxruntime-node fp32';
