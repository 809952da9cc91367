/** BERT's task heads, as transformers' BertFor… classes. Letters as in bert.ts; C labels, V vocabulary. */
import { UsageError } from '../errors.js';
import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { linear, slice } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { BertModel } from './bert.js';

/** Number of labels: `num_labels`, else the entries of `id2label`, else transformers' default of 2. */
export function labelCount(config: JsonFile): number {
  const labels = Object.keys(config.object('id2label', true).value).length;
  return config.integer('num_labels', { max: 1 << 20, fallback: labels === 0 ? 2 : labels });
}

/** Sequence classification: `sequences.logits` `[S, C]`, a Linear on the pooler's output. */
export class BertForSequenceClassification {
  readonly bert: BertModel;
  readonly classifier: Linear;

  constructor(w: WeightScope, config: JsonFile) {
    this.bert = new BertModel(w.at('bert'), config);
    this.classifier = new Linear(w.at('classifier'), this.bert.config.hidden_size, labelCount(config));
  }

  forward(batch: Batch): ModelOutput {
    const pooled = this.bert.pool(this.bert.encode(batch), batch);
    if (!pooled) throw new UsageError('this checkpoint has no pooler, which sequence classification reads');
    return { tokens: {}, sequences: { logits: this.classifier.forward(pooled) } };
  }
}

/** Token classification: `tokens.logits` `[N, C]`. */
export class BertForTokenClassification {
  readonly bert: BertModel;
  readonly classifier: Linear;

  constructor(w: WeightScope, config: JsonFile) {
    this.bert = new BertModel(w.at('bert'), config);
    this.classifier = new Linear(w.at('classifier'), this.bert.config.hidden_size, labelCount(config));
  }

  forward(batch: Batch): ModelOutput {
    return { tokens: { logits: this.classifier.forward(this.bert.encode(batch)) }, sequences: {} };
  }
}

/** Question answering: `tokens.startLogits` and `tokens.endLogits` `[N, 1]`. */
export class BertForQuestionAnswering {
  readonly bert: BertModel;
  readonly qaOutputs: Linear;

  constructor(w: WeightScope, config: JsonFile) {
    this.bert = new BertModel(w.at('bert'), config);
    this.qaOutputs = new Linear(w.at('qa_outputs'), this.bert.config.hidden_size, 2);
  }

  forward(batch: Batch): ModelOutput {
    const both = this.qaOutputs.forward(this.bert.encode(batch)); // [N, 2]
    return { tokens: { startLogits: slice(both, 1, 0, 1), endLogits: slice(both, 1, 1, 2) }, sequences: {} };
  }
}

/** Masked language modelling: `tokens.logits` `[N, V]`; the decoder is tied to the word embeddings unless the file has its own. */
export class BertForMaskedLM {
  readonly bert: BertModel;
  readonly transform: Linear;
  readonly transformNorm: LayerNorm;
  readonly activation: Activation;
  readonly decoder: Tensor;
  readonly bias: Tensor;

  constructor(w: WeightScope, config: JsonFile) {
    this.bert = new BertModel(w.at('bert'), config);
    const { hidden_size, vocab_size, layer_norm_eps } = this.bert.config;
    const head = w.at('cls.predictions');
    this.transform = new Linear(head.at('transform.dense'), hidden_size, hidden_size);
    this.transformNorm = new LayerNorm(head.at('transform.LayerNorm'), hidden_size, layer_norm_eps);
    this.activation = activationOf(config, 'hidden_act', 'gelu');
    this.decoder = head.has('decoder.weight')
      ? head.matrix('decoder.weight', vocab_size, hidden_size)
      : this.bert.embeddings.word.weight;
    this.bias = head.vector(head.has('bias') ? 'bias' : 'decoder.bias', vocab_size);
  }

  forward(batch: Batch): ModelOutput {
    const hidden = this.activation(this.transform.forward(this.bert.encode(batch)));
    return { tokens: { logits: linear(this.transformNorm.forward(hidden), this.decoder, this.bias) }, sequences: {} };
  }
}
