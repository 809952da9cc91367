/**
 * What a late-interaction model is made of, in the three forms it is saved in: sentence-transformers' modules, PyLate's
 * folder (`model_type` ColBERT), and Stanford's ColBERT (architecture HF_ColBERT, artifact.metadata).
 */
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import { type ModuleEntry, readModules, readSentenceConfig } from '../folder/sentence-folder.js';
import { checkFeature } from '../sentence/modules/module.js';

/** Queries get tokens of their own to say more with: [MASK] up to a length. */
export interface QueryExpansion {
  /** `fixed`: longer queries are cut to `length`. `min`: they are not. */
  readonly strategy: 'fixed' | 'min';
  /** Attention sees the added tokens too. */
  readonly attend: boolean;
  /** Undefined: the mask token, or the end token of a tokenizer without one. */
  readonly token: string | undefined;
  readonly length: number;
}

/** Which token vectors count. */
export interface ScoringMask {
  readonly skiplistWords: readonly string[];
  readonly skiplistTasks: readonly string[];
  /** Of documents, only these ids. */
  readonly keepOnlyTokenIds: readonly number[] | undefined;
}

export const multiVectorMeasures = ['maxsim', 'meanmaxsim'] as const;

export interface MultiVectorConfig {
  /** The folder of the Transformer module. */
  readonly transformer: string;
  /** Folders of Dense modules, in order. */
  readonly dense: readonly string[];
  /** Stanford's form: the Dense layer is `linear.weight` in the encoder's own file. */
  readonly inlineDense: boolean;
  readonly normalize: boolean;
  readonly mask: ScoringMask;
  readonly queryExpansion: QueryExpansion | undefined;
  readonly queryLength: number | undefined;
  readonly documentLength: number | undefined;
  readonly prompts: Readonly<Record<string, string>>;
  /** The prompt begins with a token of the vocabulary that text alone may not give: it is put in by its id. */
  readonly markers: boolean;
  readonly similarityFnName: (typeof multiVectorMeasures)[number];
}

/** Python's string.punctuation: what ColBERT skips in documents unless told otherwise. */
const punctuation = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];

export async function readMultiVectorConfig(folder: string): Promise<MultiVectorConfig> {
  const modules = await readModules(folder);
  const saved = await JsonFile.readOptional(join(folder, 'config_sentence_transformers.json'));
  if (modules === undefined) return stanford(folder);
  const pylate = saved?.string('model_type', '') === 'ColBERT';
  return pylate && saved ? pylateForm(modules, saved) : modulesForm(folder, modules);
}

async function modulesForm(folder: string, modules: readonly ModuleEntry[]): Promise<MultiVectorConfig> {
  const [transformer, ...rest] = modules;
  const dense: string[] = [];
  let normalize = false;
  let mask: ScoringMask | undefined;
  for (const [index, { type, folder: path }] of rest.entries()) {
    if (type === 'Dense' && !normalize && !mask) dense.push(path);
    else if (type === 'Normalize' && !normalize) {
      const config = await JsonFile.readOptional(join(path, 'config.json'));
      if (config) checkFeature(config, 'token_embeddings');
      normalize = true;
    } else if (type === 'MultiVectorMask' && !mask) mask = readMask(await JsonFile.read(join(path, 'config.json')));
    else {
      const problem = `is ${type}, which cannot stand here; supported: Transformer, Dense, Normalize, MultiVectorMask`;
      throw new ConfigError(join(folder, 'modules.json'), `[${index + 1}].type`, problem);
    }
  }
  if (!mask)
    throw new ConfigError(
      join(folder, 'modules.json'),
      '',
      'has no MultiVectorMask: this is no late-interaction model',
    );
  const path = join(transformer?.folder ?? folder, 'sentence_bert_config.json');
  const settings = (await JsonFile.readOptional(path)) ?? new JsonFile(path, {});
  const { prompts, similarityFnName } = await readSentenceConfig(folder, 'maxsim', multiVectorMeasures);
  return {
    transformer: transformer?.folder ?? folder,
    dense,
    inlineDense: false,
    normalize,
    mask,
    queryExpansion: settings.has('query_expansion') ? readExpansion(settings.object('query_expansion')) : undefined,
    queryLength: optionalLength(settings, 'query_length'),
    documentLength: optionalLength(settings, 'document_length'),
    prompts,
    markers: false,
    similarityFnName,
  };
}

/** [Transformer, Dense]; masking and unit length went without saying. */
async function pylateForm(modules: readonly ModuleEntry[], saved: JsonFile): Promise<MultiVectorConfig> {
  const [transformer, ...dense] = modules;
  const odd = dense.findIndex(({ type }) => type !== 'Dense');
  if (odd >= 0) {
    const file = join(transformer?.folder ?? '', 'modules.json');
    throw new ConfigError(file, `[${odd + 1}].type`, `is ${dense[odd]?.type}; supported in a ColBERT folder: Dense`);
  }
  const own = Object.fromEntries(saved.object('prompts', true).strings());
  const prompt = (role: string) => {
    const prefix = saved.string(`${role}_prefix`, '');
    const text = own[role] ?? '';
    return prefix + (text.startsWith(prefix) ? text.slice(prefix.length) : text);
  };
  const words = saved.has('skiplist_words') ? readStrings(saved, 'skiplist_words') : punctuation;
  return {
    transformer: transformer?.folder ?? '',
    dense: dense.map((module) => module.folder),
    inlineDense: false,
    normalize: true,
    mask: { skiplistWords: words, skiplistTasks: ['document'], keepOnlyTokenIds: undefined },
    queryExpansion: pylateExpansion(saved),
    queryLength: optionalLength(saved, 'query_length'),
    documentLength: optionalLength(saved, 'document_length'),
    prompts: { ...own, query: prompt('query'), document: prompt('document') },
    markers: true,
    similarityFnName: 'maxsim',
  };
}

function pylateExpansion(saved: JsonFile): QueryExpansion | undefined {
  if (saved.has('query_expansion')) return readExpansion(saved.object('query_expansion'));
  if (!saved.boolean('do_query_expansion', true)) return undefined;
  const length = saved.integer('query_length', { fallback: 32 });
  const attend = saved.boolean('attend_to_expansion_tokens', saved.boolean('attend_to_mask_tokens', false));
  return { strategy: 'fixed', attend, token: undefined, length };
}

async function stanford(folder: string): Promise<MultiVectorConfig> {
  const config = await JsonFile.read(join(folder, 'config.json'));
  const { architectures } = config.value;
  if (!Array.isArray(architectures) || !architectures.includes('HF_ColBERT')) {
    const problem = 'does not name HF_ColBERT, and there is no modules.json: this is no late-interaction model';
    throw config.error('architectures', problem);
  }
  const file = join(folder, 'artifact.metadata');
  const metadata = (await JsonFile.readOptional(file)) ?? new JsonFile(file, {});
  const words = metadata.boolean('mask_punctuation', true) ? punctuation : [];
  return {
    transformer: folder,
    dense: [],
    inlineDense: true,
    normalize: true,
    mask: { skiplistWords: words, skiplistTasks: ['document'], keepOnlyTokenIds: undefined },
    queryExpansion: {
      strategy: 'fixed',
      attend: metadata.boolean('attend_to_mask_tokens', false),
      token: undefined,
      length: metadata.integer('query_maxlen', { fallback: 32 }),
    },
    queryLength: undefined,
    documentLength: optionalLength(metadata, 'doc_maxlen'),
    prompts: {
      query: `${metadata.string('query_token_id', '[unused0]')} `,
      document: `${metadata.string('doc_token_id', '[unused1]')} `,
    },
    markers: true,
    similarityFnName: 'maxsim',
  };
}

function readExpansion(config: JsonFile): QueryExpansion {
  const strategy = config.string('strategy');
  if (strategy !== 'fixed' && strategy !== 'min') {
    throw config.error('strategy', `is "${strategy}"; supported: fixed, min`);
  }
  const token = config.has('token') ? config.string('token') : undefined;
  return { strategy, attend: config.boolean('attend', false), token, length: config.integer('length') };
}

function readMask(config: JsonFile): ScoringMask {
  const one = config.value.skiplist_tasks;
  const tasks =
    typeof one === 'string'
      ? [one]
      : config.has('skiplist_tasks')
        ? readStrings(config, 'skiplist_tasks')
        : ['document'];
  const ids: unknown = config.value.keep_only_token_ids ?? undefined;
  if (ids !== undefined && !(Array.isArray(ids) && ids.every((id) => Number.isInteger(id)))) {
    throw config.error('keep_only_token_ids', 'must be a list of token ids');
  }
  const words = config.has('skiplist_words') ? readStrings(config, 'skiplist_words') : [];
  return { skiplistWords: words, skiplistTasks: tasks, keepOnlyTokenIds: ids };
}

function readStrings(config: JsonFile, field: string): readonly string[] {
  const list = config.value[field];
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw config.error(field, 'must be a list of strings');
}

function optionalLength(config: JsonFile, field: string): number | undefined {
  return config.has(field) ? config.integer(field) : undefined;
}
