/**
 * RoBERTa (Liu et al. 2019, arXiv:1907.11692): BERT's encoder whose positions are counted from the padding id on. XLM-R
 * (arXiv:1911.02116) and CamemBERT (arXiv:1911.03894) are this model with other vocabularies.
 */
import type { JsonFile } from '../json-file.js';
import type { Batch } from '../nn/batch.js';
import { gelu, positions, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { BertModel } from './bert.js';
import type { Family, Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

export class RobertaModel extends BertModel {
  /** Its id; the positions up to this number belong to no token. */
  readonly padding: number;

  constructor(w: WeightScope, config: JsonFile) {
    super(w, config);
    this.padding = config.integer('pad_token_id', { min: 0, fallback: 1 });
    if (this.limits.maxTokens === 0) {
      throw config.error('pad_token_id', `is ${this.padding}; positions begin behind it, and there are none left`);
    }
  }

  override get limits(): Limits {
    const { maxTokens, ...others } = super.limits;
    return { maxTokens: Math.max(maxTokens - this.padding - 1, 0), ...others };
  }

  override encode(batch: Batch): Tensor {
    const places = positions(batch.offsets, { inputIds: batch.inputIds, padding: this.padding });
    return this.layers.forward(this.embeddings.forward(batch, places), batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new RobertaModel(w, config);
const heads = headsOf(build, 'roberta');

export const roberta: Family = {
  encoder: build,
  prefix: 'roberta',
  heads: {
    ForMaskedLM: heads.maskedLanguageModel({
      dense: 'lm_head.dense',
      norm: 'lm_head.layer_norm',
      decoder: 'lm_head.decoder',
      bias: 'lm_head.bias',
      activation: () => gelu,
    }),
    ForSequenceClassification: heads.firstTokenClassification({
      dense: 'classifier.dense',
      activation: () => tanh,
      out: 'classifier.out_proj',
    }),
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^lm_head\./, /^classifier\./, /^qa_outputs\./],
  spare: [/^lm_head\.(decoder\.|bias$)/, /^roberta\.pooler\./],
};
