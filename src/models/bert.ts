/**
 * BERT (Devlin et al. 2018, arXiv:1810.04805), the encoder, and its pooler. MiniLM and most sentence encoders are this
 * model with other numbers. Letters: N tokens of the batch, S sequences, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Linear } from '../nn/linear.js';
import { pool, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type BertConfig, BertEmbeddings, BertLayers, bertConfig } from './bert-layers.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

/** The encoder. `tokens.lastHiddenState` `[N, D]`; `sequences.poolerOutput` `[S, D]` if the checkpoint has a pooler. */
export class BertModel implements Encoder {
  readonly config: BertConfig;
  readonly embeddings: BertEmbeddings;
  readonly layers: BertLayers;
  /** tanh(W · first token + b), trained for next-sentence prediction. */
  readonly pooler: Linear | undefined;

  constructor(w: WeightScope, config: JsonFile) {
    const c = bertConfig(config);
    this.config = c;
    this.embeddings = new BertEmbeddings(w.at('embeddings'), c, c.hidden_size);
    this.layers = new BertLayers(w.at('encoder.layer'), c);
    const pooler = w.at('pooler.dense');
    this.pooler = pooler.has('weight') ? new Linear(pooler, c.hidden_size, c.hidden_size) : undefined;
  }

  get limits(): Limits {
    const { max_position_embeddings, vocab_size, type_vocab_size } = this.config;
    return { maxTokens: max_position_embeddings, vocabSize: vocab_size, tokenTypes: type_vocab_size };
  }

  get hiddenSize(): number {
    return this.config.hidden_size;
  }

  get words(): Tensor {
    return this.embeddings.word.weight;
  }

  encode(batch: Batch): Tensor {
    return this.layers.forward(this.embeddings.forward(batch), batch);
  }

  pool(x: Tensor, batch: Batch): Tensor | undefined {
    return this.pooler && tanh(this.pooler.forward(pool(x, batch.offsets, 'cls')));
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new BertModel(w, config);
const heads = headsOf(build, 'bert');
const languageModel = heads.maskedLanguageModel({
  dense: 'cls.predictions.transform.dense',
  norm: 'cls.predictions.transform.LayerNorm',
  decoder: 'cls.predictions.decoder',
  bias: 'cls.predictions.bias',
});

export const bert: Family = {
  encoder: build,
  prefix: 'bert',
  heads: {
    ForMaskedLM: languageModel,
    ForPreTraining: languageModel,
    ForSequenceClassification: heads.pooledClassification,
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^cls\./, /^classifier\./, /^qa_outputs\./],
  spare: [/^cls\.seq_relationship\./, /^cls\.predictions\.(decoder\.|bias$)/, /^bert\.pooler\./],
};
