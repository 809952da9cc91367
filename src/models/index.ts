/** Every model family, by config.json's `model_type`: one entry a family. */
import { describe, type JsonFile } from '../json-file.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { WeightScope } from '../weights/scope.js';
import { BertModel } from './bert.js';
import {
  BertForMaskedLM,
  BertForQuestionAnswering,
  BertForSequenceClassification,
  BertForTokenClassification,
} from './bert-heads.js';
import { DistilBertModel } from './distilbert.js';

/** A model with any head: what `AutoModel` runs. */
export interface Model {
  forward(batch: Batch): ModelOutput;
}

/** A model without a head: what sentence encoders stand on. */
export interface Encoder extends Model {
  readonly config: {
    readonly hidden_size: number;
    readonly max_position_embeddings: number;
    readonly vocab_size: number;
  };
  /** Hidden states after the last layer, `[N, D]`. */
  encode(batch: Batch): Tensor;
}

interface Family {
  readonly encoder: new (w: WeightScope, config: JsonFile) => Encoder;
  /** By the class name that config.json's `architectures` gives. */
  readonly heads: Readonly<Record<string, new (w: WeightScope, config: JsonFile) => Model>>;
  /** Prefix of the encoder's weights in checkpoints with a head. */
  readonly prefix: string;
  /** Weights that the encoder leaves unread, and those that any head may. */
  readonly unread: { readonly encoder: readonly RegExp[]; readonly heads: readonly RegExp[] };
}

const positionIds = /(^|\.)embeddings\.position_ids$/;

const families: Readonly<Record<string, Family>> = {
  bert: {
    encoder: BertModel,
    heads: { BertForMaskedLM, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification },
    prefix: 'bert',
    unread: {
      encoder: [positionIds, /^cls\./, /^classifier\./, /^qa_outputs\./],
      heads: [positionIds, /^cls\.seq_relationship\./, /^cls\.predictions\.decoder\./],
    },
  },
  distilbert: {
    encoder: DistilBertModel,
    heads: {},
    prefix: 'distilbert',
    unread: {
      encoder: [positionIds, /^(vocab_|pre_classifier|classifier|qa_outputs)/],
      heads: [positionIds],
    },
  },
};

/** The `model_type`s that load. */
export const modelTypes: readonly string[] = Object.keys(families);

function familyOf(config: JsonFile): Family {
  const type = config.string('model_type');
  const family = Object.hasOwn(families, type) ? families[type] : undefined;
  if (!family) throw config.error('model_type', `is "${type}"; supported: ${modelTypes.join(', ')}`);
  return family;
}

/**
 * The encoder of a checkpoint, whatever head stands beside it.
 * @param others weights that the caller reads himself.
 */
export function buildEncoder(config: JsonFile, checkpoint: Checkpoint, others: readonly RegExp[] = []): Encoder {
  const family = familyOf(config);
  const w = WeightScope.of(checkpoint);
  const encoder = new family.encoder(w.atOptional(family.prefix), config);
  w.finish([...family.unread.encoder, ...others]);
  return encoder;
}

/** The model that config.json's `architectures` names, with its head. */
export function buildModel(config: JsonFile, checkpoint: Checkpoint): Model {
  const family = familyOf(config);
  const { architectures } = config.value;
  const named = Array.isArray(architectures) ? architectures[0] : undefined;
  if (named === undefined || named === family.encoder.name) return buildEncoder(config, checkpoint);
  const head = typeof named === 'string' && Object.hasOwn(family.heads, named) ? family.heads[named] : undefined;
  if (!head) {
    const known = [family.encoder.name, ...Object.keys(family.heads)].join(', ');
    throw config.error('architectures', `names ${describe(named)}; supported for this model_type: ${known}`);
  }
  const w = WeightScope.of(checkpoint);
  const model = new head(w, config);
  w.finish(family.unread.heads);
  return model;
}
