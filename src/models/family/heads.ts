/** Task heads over any encoder, as transformers' …For… classes. Letters: N tokens, S sequences, D hidden size, C labels, V vocabulary. */
import { UsageError } from '../../errors.js';
import type { JsonFile } from '../../json-file.js';
import { type Activation, activationOf } from '../../nn/activation.js';
import { LayerNorm } from '../../nn/layer-norm.js';
import { Linear } from '../../nn/linear.js';
import { linear, pool, reshape, slice } from '../../ops/index.js';
import type { BuildEncoder, BuildModel, Encoder } from './family.js';

/** Number of labels: `num_labels`, else the entries of `id2label`, else transformers' default of 2. */
export function labelCount(config: JsonFile): number {
  const labels = Object.keys(config.object('id2label', true).value).length;
  return config.integer('num_labels', { max: 1 << 20, fallback: labels === 0 ? 2 : labels });
}

/** The heads of one family: `build` makes its encoder, whose weights stand below `prefix`. */
export function headsOf(build: BuildEncoder, prefix: string) {
  const over =
    (head: (...built: [Encoder, ...Parameters<BuildModel>]) => ReturnType<BuildModel>['forward']): BuildModel =>
    (w, config) => {
      const encoder = build(w.at(prefix), config);
      return { limits: encoder.limits, forward: head(encoder, w, config) };
    };

  return {
    /** `tokens.logits` `[N, C]`. */
    tokenClassification: over((encoder, w, config) => {
      const classifier = new Linear(w.at('classifier'), encoder.hiddenSize, labelCount(config));
      return (batch) => ({ tokens: { logits: classifier.forward(encoder.encode(batch)) }, sequences: {} });
    }),

    /** `tokens.startLogits` and `tokens.endLogits` `[N]`. */
    questionAnswering: over((encoder, w) => {
      const outputs = new Linear(w.at('qa_outputs'), encoder.hiddenSize, 2);
      return (batch) => {
        const both = outputs.forward(encoder.encode(batch)); // [N, 2]
        const [startLogits, endLogits] = [0, 1].map((i) => column(slice(both, 1, i, i + 1)));
        return { tokens: { startLogits: startLogits!, endLogits: endLogits! }, sequences: {} };
      };
    }),

    /** `sequences.logits` `[S, C]`: a Linear on the encoder's own pooler. */
    pooledClassification: over((encoder, w, config) => {
      const classifier = new Linear(w.at('classifier'), encoder.hiddenSize, labelCount(config));
      return (batch) => {
        const pooled = encoder.pool?.(encoder.encode(batch), batch);
        if (!pooled) throw new UsageError('this checkpoint has no pooler, which sequence classification reads');
        return { tokens: {}, sequences: { logits: classifier.forward(pooled) } };
      };
    }),

    /** `sequences.logits` `[S, C]`: a hidden layer and a Linear on the first token. */
    firstTokenClassification: (names: { dense: string; activation: (config: JsonFile) => Activation; out: string }) =>
      over((encoder, w, config) => {
        const dense = new Linear(w.at(names.dense), encoder.hiddenSize, encoder.hiddenSize);
        const out = new Linear(w.at(names.out), encoder.hiddenSize, labelCount(config));
        const activation = names.activation(config);
        return (batch) => {
          const first = pool(encoder.encode(batch), batch.offsets, 'cls'); // [S, D]
          return { tokens: {}, sequences: { logits: out.forward(activation(dense.forward(first))) } };
        };
      }),

    /** `tokens.logits` `[N]`: how surely a token was replaced. */
    replacedTokenDetection: (at: string) =>
      over((encoder, w, config) => {
        const dense = new Linear(w.at(at, 'dense'), encoder.hiddenSize, encoder.hiddenSize);
        const prediction = new Linear(w.at(at, 'dense_prediction'), encoder.hiddenSize, 1);
        const activation = activationOf(config, 'hidden_act', 'gelu');
        return (batch) => {
          const hidden = activation(dense.forward(encoder.encode(batch)));
          return { tokens: { logits: column(prediction.forward(hidden)) }, sequences: {} };
        };
      }),

    /**
     * `tokens.logits` `[N, V]`: dense, activation and norm, then a decoder that is tied to the word embeddings unless the file
     * has its own. The activation is the config's unless named here.
     */
    maskedLanguageModel: (names: {
      dense: string;
      norm: string;
      decoder: string;
      bias: string;
      activation?: (config: JsonFile) => Activation;
    }) =>
      over((encoder, w, config) => {
        const [vocabulary = 0, width = 0] = encoder.words.shape;
        const { activation = (c) => activationOf(c, 'hidden_act', 'gelu') } = names;
        const dense = new Linear(w.at(names.dense), encoder.hiddenSize, width);
        const norm = new LayerNorm(
          w.at(names.norm),
          width,
          config.number('layer_norm_eps', { min: 0, fallback: 1e-12 }),
        );
        const own = `${names.decoder}.weight`;
        const decoder = w.has(own) ? w.matrix(own, vocabulary, width) : encoder.words;
        const bias = w.vector(w.has(names.bias) ? names.bias : `${names.decoder}.bias`, vocabulary);
        const apply = activation(config);
        return (batch) => {
          const hidden = norm.forward(apply(dense.forward(encoder.encode(batch)))); // [N, E]
          return { tokens: { logits: linear(hidden, decoder, bias) }, sequences: {} };
        };
      }),
  };
}

/** `[N, 1] → [N]` */
function column(x: ReturnType<typeof slice>) {
  return reshape(x, [x.shape[0] ?? 0]);
}
