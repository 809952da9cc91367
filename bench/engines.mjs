/**
 * The engines and their settings, one row each. `driver` is a file of drivers/; `variant` is passed to it. `peer`
 * names the folder of setup-peers.sh the engine's package is installed in; rows without one need nothing but this
 * repository. `needs`: CPU features, one of which the row makes sense with. `family` and `arithmetic` say how reports draw a row and which peak of the machine it is held against.
 */
const family = (family, shared, rows) =>
  rows.map(([name, arithmetic, variant = arithmetic]) => ({ name, family, arithmetic, variant, ...shared }));
/** Without these the peers only imitate bf16, many times slower; then the row is left out unless it is asked for. */
const needs = ['avx512_bf16', 'amx_bf16', 'bf16'];
// PyTorch shares its folder with the tools that export models, so what it takes on the disk alone is not known.
const torch = {
  driver: 'sentence-transformers.py',
  peer: 'venv',
  package: 'sentence-transformers',
  ownFolder: false,
};

export const engines = [
  ...family('vectral', { driver: 'vectral.mjs' }, [
    ['vectral', 'f32'],
    ['vectral bf16', 'bf16'],
    ['vectral int8', 'int8'],
  ]),
  ...family('onnxruntime', { driver: 'onnxruntime.mjs', peer: 'onnxruntime', package: 'onnxruntime-node' }, [
    ['onnxruntime-node fp32', 'f32', 'pooled'],
    ['onnxruntime-node fp32 fused', 'f32', 'pooled_fused'],
    ['onnxruntime-node int8', 'int8', 'pooled_int8'],
    ['onnxruntime-node int8 fused', 'int8', 'pooled_fused_int8'],
  ]),
  ...family(
    'transformers.js',
    { driver: 'transformers-js.mjs', peer: 'transformers-js', package: '@huggingface/transformers' },
    [
      ['transformers.js fp32', 'f32', 'fp32'],
      ['transformers.js q8', 'int8', 'q8'],
    ],
  ),
  ...family('openvino', { driver: 'openvino-direct.py', peer: 'openvino', package: 'openvino' }, [
    ['openvino fp32', 'f32'],
    ['openvino int8', 'int8'],
  ]),
  ...family('openvino', { driver: 'openvino-direct.py', peer: 'openvino', package: 'openvino', needs }, [
    ['openvino bf16', 'bf16'],
  ]),
  ...family('torch', torch, [['sentence-transformers fp32', 'f32']]),
  ...family('torch', { ...torch, needs }, [['sentence-transformers bf16', 'bf16']]),
];

/** Ratios divide by this engine's figure of the same round. */
export const REFERENCE = 'onnxruntime-node fp32';
