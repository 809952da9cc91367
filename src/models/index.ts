/** Every model family, by config.json's `model_type`. */
import { describe, type JsonFile } from '../json-file.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { WeightScope } from '../weights/scope.js';
import { albert } from './albert.js';
import { bert } from './bert.js';
import { debertaV2 } from './deberta-v2.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import type { BuildModel, Encoder, Family, Model } from './family/family.js';
import { gte } from './gte.js';
import { modernbert } from './modernbert.js';
import { mpnet } from './mpnet.js';
import { nomicBert } from './nomic-bert.js';
import { roberta } from './roberta.js';
import { t5 } from './t5.js';

export type { Encoder, Limits, Model } from './family/family.js';

const families: Readonly<Record<string, Family>> = {
  albert,
  bert,
  camembert: roberta,
  'deberta-v2': debertaV2,
  distilbert,
  electra,
  gte,
  modernbert,
  mpnet,
  new: gte,
  nomic_bert: nomicBert,
  roberta,
  t5,
  'xlm-roberta': roberta,
};

/** The `model_type`s that load. */
export const modelTypes: readonly string[] = Object.keys(families);

/** A buffer that older checkpoints carry. */
const positionIds = /(^|\.)embeddings\.position_ids$/;

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
  const ignored = [positionIds, ...family.ofHeads, ...others];
  return w.build(() => family.encoder(w.atOptional(family.prefix), config), ignored);
}

/**
 * The model that config.json's `architectures` names, with its head. Checkpoints that were saved without their head may still
 * name it: they are the encoder alone.
 */
export function buildModel(config: JsonFile, checkpoint: Checkpoint): Model | Encoder {
  const family = familyOf(config);
  const { architectures } = config.value;
  const named = Array.isArray(architectures) ? architectures[0] : undefined;
  const build = headOf(family, named);
  if (build === undefined && named !== undefined && !endsWith(named, 'Model')) {
    const known = ['Model', ...Object.keys(family.heads)].map((end) => `…${end}`).join(', ');
    throw config.error('architectures', `names ${describe(named)}; supported for this model_type: ${known}`);
  }
  if (build === undefined || !holdsHead(family, checkpoint)) return buildEncoder(config, checkpoint);
  const w = WeightScope.of(checkpoint);
  return w.build(() => build(w, config), [positionIds, ...(family.spare ?? [])]);
}

/** Names of a checkpoint's matrices: of its head, if it has one that is known, or of the encoder alone. */
export function matricesOf(config: JsonFile, checkpoint: Checkpoint): ReadonlySet<string> {
  const family = familyOf(config);
  const { architectures } = config.value;
  const build = headOf(family, Array.isArray(architectures) ? architectures[0] : undefined);
  const w = WeightScope.of(checkpoint);
  const withHead = build !== undefined && holdsHead(family, checkpoint);
  w.build(() => (withHead ? build(w, config) : family.encoder(w.atOptional(family.prefix), config)), [/./]);
  return w.matrices;
}

/** Beside a head the encoder's weights stand below a prefix. */
function holdsHead(family: Family, checkpoint: Checkpoint): boolean {
  return checkpoint.names.some((name) => name.startsWith(`${family.prefix}.`));
}

function headOf(family: Family, named: unknown): BuildModel | undefined {
  const end = Object.keys(family.heads).find((candidate) => endsWith(named, candidate));
  return end === undefined ? undefined : family.heads[end];
}

function endsWith(named: unknown, end: string): boolean {
  return typeof named === 'string' && named.endsWith(end);
}
