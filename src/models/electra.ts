/**
 * ELECTRA (Clark et al. 2020, arXiv:2003.10555): BERT's layers over embeddings of their own width E, trained to tell replaced
 * tokens from true ones. Letters: N tokens of the batch, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Linear } from '../nn/linear.js';
import { gelu } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { BertEmbeddings, BertLayers, bertConfig } from './bert-layers.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

export class ElectraModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly embeddings: BertEmbeddings;
  /** E to D, where they differ. */
  readonly project: Linear | undefined;
  readonly layers: BertLayers;

  constructor(w: WeightScope, config: JsonFile) {
    const c = bertConfig(config);
    const embedding_size = config.integer('embedding_size', { max: 65536, fallback: c.hidden_size });
    this.limits = { maxTokens: c.max_position_embeddings, vocabSize: c.vocab_size, tokenTypes: c.type_vocab_size };
    this.hiddenSize = c.hidden_size;
    this.embeddings = new BertEmbeddings(w.at('embeddings'), c, embedding_size);
    this.words = this.embeddings.word.weight;
    const differ = embedding_size !== c.hidden_size;
    this.project = differ ? new Linear(w.at('embeddings_project'), embedding_size, c.hidden_size) : undefined;
    this.layers = new BertLayers(w.at('encoder.layer'), c);
  }

  encode(batch: Batch): Tensor {
    const embedded = this.embeddings.forward(batch); // [N, E]
    return this.layers.forward(this.project?.forward(embedded) ?? embedded, batch); // [N, D]
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new ElectraModel(w, config);
const heads = headsOf(build, 'electra');

export const electra: Family = {
  encoder: build,
  prefix: 'electra',
  heads: {
    ForPreTraining: heads.replacedTokenDetection('discriminator_predictions'),
    ForMaskedLM: heads.maskedLanguageModel({
      dense: 'generator_predictions.dense',
      norm: 'generator_predictions.LayerNorm',
      decoder: 'generator_lm_head',
      bias: 'generator_lm_head.bias',
      activation: () => gelu,
    }),
    ForSequenceClassification: heads.firstTokenClassification({
      dense: 'classifier.dense',
      activation: () => gelu,
      out: 'classifier.out_proj',
    }),
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^(discriminator_predictions|generator_predictions|generator_lm_head|classifier|qa_outputs)\./],
};
