/** A sentence-transformers folder: which modules, which prompts, how long a text may be. */
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile, readJson } from '../../json-file.js';
import { type SimilarityFunction, similarityFunctions } from '../embeddings/similarity.js';
import type { Prompts } from './prompts.js';

/** One line of modules.json, or of a Router's route. */
export interface ModuleEntry {
  /** The class's own name: `Transformer`, `Pooling`, … */
  readonly type: string;
  /** The module's folder. */
  readonly folder: string;
  /** Where it is named, for messages. */
  readonly named: { readonly file: string; readonly field: string };
}

/**
 * The modules of a folder. Without modules.json sentence-transformers takes the encoder and the mean of its token rows; so
 * does this.
 * @param firsts types that the first module may have.
 */
export async function readModules(
  folder: string,
  firsts: readonly string[] = ['Transformer'],
): Promise<readonly ModuleEntry[] | undefined> {
  const file = join(folder, 'modules.json');
  const exists = await JsonFile.exists(file);
  if (!exists) return modulesOfModel2vec(folder);
  const list = await readJson(file);
  if (!Array.isArray(list) || list.length === 0) throw new ConfigError(file, '', 'must be a list of modules');
  const modules = list.map((value, index) => {
    const entry = new JsonFile(file, value, `[${index}]`);
    const path = entry.string('path', '');
    if (path.split(/[\\/]/).some((part) => part === '..') || path.startsWith('/') || path.includes(':')) {
      throw entry.error('path', `is "${path}"; it must lie inside the model's folder`);
    }
    const named = { file, field: `[${index}].type` };
    return { type: moduleType(entry.string('type'), named), folder: join(folder, path), named };
  });
  const [first] = modules;
  if (first && !firsts.includes(first.type))
    throw misplaced(first, `the first module must be a ${firsts.join(' or ')}`);
  return modules;
}

/** What model2vec writes into modules.json, for its folders from before it did. */
async function modulesOfModel2vec(folder: string): Promise<readonly ModuleEntry[] | undefined> {
  const config = await JsonFile.readOptional(join(folder, 'config.json'));
  if (config?.value.model_type !== 'model2vec') return undefined;
  const named = { file: config.file, field: 'model_type' };
  const types = config.boolean('normalize', false) ? ['StaticEmbedding', 'Normalize'] : ['StaticEmbedding'];
  return types.map((type) => ({ type, folder, named }));
}

/** The class's own name. Old and new versions of a library keep it in different places. */
export function moduleType(path: string, named: ModuleEntry['named']): string {
  const type = /^(?:sentence_transformers|pylate)\.(?:\w+\.)*(\w+)$/.exec(path)?.[1];
  if (type !== undefined) return type;
  const problem = `is "${path}", which is code of the model's own: only modules of sentence_transformers can be run`;
  throw new ConfigError(named.file, named.field, problem);
}

/** Modules that are no mistake in a folder, only none of this kind of model. */
const elsewhere: Readonly<Record<string, string>> = {
  SpladePooling: 'SparseEncoder loads such folders',
  MLMTransformer: 'SparseEncoder loads such folders',
  SparseStaticEmbedding: 'SparseEncoder loads such folders',
  MultiVectorMask: 'MultiVectorEncoder loads such folders',
};

/** @param wanted what may stand in the module's place. */
export function misplaced({ type, named }: ModuleEntry, wanted: string): ConfigError {
  const known = Object.hasOwn(elsewhere, type) ? elsewhere[type] : undefined;
  return new ConfigError(named.file, named.field, `is ${type}; ${known ?? wanted}`);
}

/** What config_sentence_transformers.json says. */
export interface SentenceConfig<Measure extends string = SimilarityFunction> extends Prompts {
  readonly similarityFnName: Measure;
  /** How many components of a vector the model's author keeps. */
  readonly truncateDim: number | undefined;
  /** Of sparse encoders. */
  readonly maxActiveDims: number | undefined;
}

/** What holds where there is no modules.json: as in the reference, whatever files lie beside the encoder. */
export const noSentenceConfig: SentenceConfig = {
  prompts: {},
  defaultPromptName: undefined,
  similarityFnName: 'cosine',
  truncateDim: undefined,
  maxActiveDims: undefined,
};

/** @param usual the measure where the file names none. @param measures those the model has. */
export function readSentenceConfig(folder: string): Promise<SentenceConfig>;
export function readSentenceConfig<Measure extends string>(
  folder: string,
  usual: Measure,
  measures: readonly Measure[],
): Promise<SentenceConfig<Measure>>;
export async function readSentenceConfig(
  folder: string,
  usual = 'cosine',
  measures: readonly string[] = similarityFunctions,
): Promise<SentenceConfig<string>> {
  const file = join(folder, 'config_sentence_transformers.json');
  const config = (await JsonFile.readOptional(file)) ?? new JsonFile(file, {});
  const prompts = readPrompts(config.object('prompts', true));
  const defaultPromptName = config.has('default_prompt_name') ? config.string('default_prompt_name') : undefined;
  if (defaultPromptName !== undefined && !Object.hasOwn(prompts, defaultPromptName)) {
    throw config.error('default_prompt_name', `is "${defaultPromptName}", which is not among the prompts`);
  }
  const similarityFnName = config.string('similarity_fn_name', usual);
  if (!measures.includes(similarityFnName)) {
    throw config.error('similarity_fn_name', `is "${similarityFnName}"; supported: ${measures.join(', ')}`);
  }
  const optional = (field: string) => (config.has(field) ? config.integer(field) : undefined);
  const [truncateDim, maxActiveDims] = [optional('truncate_dim'), optional('max_active_dims')];
  return { prompts, defaultPromptName, similarityFnName, truncateDim, maxActiveDims };
}

/** A prompt that is null is an empty one. */
function readPrompts({ file, value }: JsonFile): Record<string, string> {
  const prompts = Object.entries(value).map(([name, prompt]) => [name, prompt ?? '']);
  return Object.fromEntries(new JsonFile(file, Object.fromEntries(prompts), 'prompts').strings());
}
