/** ModernBERT's heads: one hidden layer with a norm before each. Letters as in modernbert.ts; C labels, V vocabulary. */
import type { JsonFile } from '../json-file.js';
import { activationOf } from '../nn/activation.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { linear, pool } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import type { BuildEncoder, BuildModel } from './family/family.js';
import { labelCount } from './family/heads.js';

/** norm(activation(dense(x))), `[.., D] → [.., D]` */
function predictionHead(w: WeightScope, config: JsonFile, size: number): (x: Tensor) => Tensor {
  const dense = new Linear(w.at('head.dense'), size, size, { bias: config.boolean('classifier_bias', false) });
  const eps = config.number('norm_eps', { min: 0, fallback: 1e-5 });
  const norm = new LayerNorm(w.at('head.norm'), size, eps, { bias: config.boolean('norm_bias', false) });
  const activation = activationOf(config, 'classifier_activation', 'gelu');
  return (x) => norm.forward(activation(dense.forward(x)));
}

export function modernBertHeads(build: BuildEncoder): Record<string, BuildModel> {
  return {
    /** `tokens.logits` `[N, V]`, tied to the word embeddings unless the file has its own decoder. */
    ForMaskedLM: (w, config) => {
      const encoder = build(w.at('model'), config);
      const head = predictionHead(w, config, encoder.hiddenSize);
      const [vocabulary = 0, size = 0] = encoder.words.shape;
      const decoder = w.has('decoder.weight') ? w.matrix('decoder.weight', vocabulary, size) : encoder.words;
      const bias = config.boolean('decoder_bias', true) ? w.vector('decoder.bias', vocabulary) : undefined;
      return {
        limits: encoder.limits,
        forward: (batch) => ({
          tokens: { logits: linear(head(encoder.encode(batch)), decoder, bias) },
          sequences: {},
        }),
      };
    },
    /** `sequences.logits` `[S, C]` of the first token or the mean of all, as `classifier_pooling` says. */
    ForSequenceClassification: (w, config) => {
      const encoder = build(w.at('model'), config);
      const head = predictionHead(w, config, encoder.hiddenSize);
      const classifier = new Linear(w.at('classifier'), encoder.hiddenSize, labelCount(config));
      const pooling = config.string('classifier_pooling', 'cls');
      if (pooling !== 'cls' && pooling !== 'mean') {
        throw config.error('classifier_pooling', `is "${pooling}"; supported: cls, mean`);
      }
      return {
        limits: encoder.limits,
        forward: (batch) => {
          const pooled = head(pool(encoder.encode(batch), batch.offsets, pooling)); // [S, D]
          return { tokens: {}, sequences: { logits: classifier.forward(pooled) } };
        },
      };
    },
    /** `tokens.logits` `[N, C]`. */
    ForTokenClassification: (w, config) => {
      const encoder = build(w.at('model'), config);
      const head = predictionHead(w, config, encoder.hiddenSize);
      const classifier = new Linear(w.at('classifier'), encoder.hiddenSize, labelCount(config));
      return {
        limits: encoder.limits,
        forward: (batch) => ({
          tokens: { logits: classifier.forward(head(encoder.encode(batch))) },
          sequences: {},
        }),
      };
    },
  };
}
