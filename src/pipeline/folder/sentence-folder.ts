/** A sentence-transformers folder: which modules, which prompts, how long a text may be. */
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile, readJson } from '../../json-file.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
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
  if (!exists) return undefined;
  const list = await readJson(file);
  if (!Array.isArray(list) || list.length === 0) throw new ConfigError(file, '', 'must be a list of modules');
  const modules = list.map((value, index) => {
    const entry = new JsonFile(file, value, `[${index}]`);
    const path = entry.string('path', '');
    if (path.split(/[\\/]/).some((part) => part === '..') || path.startsWith('/') || path.includes(':')) {
      throw entry.error('path', `is "${path}"; it must lie inside the model's folder`);
    }
    const type = entry.string('type');
    const named = { file, field: `[${index}].type` };
    return { type: type.slice(type.lastIndexOf('.') + 1), folder: join(folder, path), named };
  });
  const first = modules[0]?.type ?? '';
  if (!firsts.includes(first)) {
    throw new ConfigError(file, '[0].type', `is ${first}; the first module must be a ${firsts.join(' or ')}`);
  }
  return modules;
}

/** What config_sentence_transformers.json says. */
export interface SentenceConfig<Measure extends string = SimilarityFunction> extends Prompts {
  readonly similarityFnName: Measure;
  /** Of sparse encoders. */
  readonly maxActiveDims: number | undefined;
}

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
  const prompts = Object.fromEntries(config.object('prompts', true).strings());
  const defaultPromptName = config.has('default_prompt_name') ? config.string('default_prompt_name') : undefined;
  if (defaultPromptName !== undefined && !Object.hasOwn(prompts, defaultPromptName)) {
    throw config.error('default_prompt_name', `is "${defaultPromptName}", which is not among the prompts`);
  }
  const similarityFnName = config.string('similarity_fn_name', usual);
  if (!measures.includes(similarityFnName)) {
    throw config.error('similarity_fn_name', `is "${similarityFnName}"; supported: ${measures.join(', ')}`);
  }
  const maxActiveDims = config.has('max_active_dims') ? config.integer('max_active_dims') : undefined;
  return { prompts, defaultPromptName, similarityFnName, maxActiveDims };
}

export interface TransformerSettings {
  readonly maxSeqLength: number;
  readonly lowerCase: boolean;
}

/** Where neither the tokenizer nor the model has a limit. */
const mostTokens = 2 ** 31 - 1;

/** Files in which a Transformer module may keep its settings, newest name first. */
const settingsFiles = [
  'sentence_bert_config.json',
  'sentence_roberta_config.json',
  'sentence_distilbert_config.json',
  'sentence_camembert_config.json',
  'sentence_albert_config.json',
  'sentence_xlm-roberta_config.json',
  'sentence_xlnet_config.json',
];

/**
 * The longest text in tokens: the folder's `max_seq_length`, else the lower of the tokenizer's and the model's limit.
 * tokenizer.json's own truncation does not count.
 */
export async function readTransformerSettings(
  folder: string,
  tokenizer: Tokenizer,
  maxPositions: number,
): Promise<TransformerSettings> {
  let settings: JsonFile | undefined;
  for (const name of settingsFiles) settings ??= await JsonFile.readOptional(join(folder, name));
  settings ??= new JsonFile(join(folder, settingsFiles[0] ?? ''), {});
  const fallback = Math.min(tokenizer.modelMaxLength, maxPositions, mostTokens);
  const maxSeqLength = settings.integer('max_seq_length', { fallback });
  if (maxSeqLength > maxPositions) {
    throw settings.error('max_seq_length', `is ${maxSeqLength}, but the model has only ${maxPositions} positions`);
  }
  if (maxSeqLength <= tokenizer.specialTokensCount) {
    throw settings.error('max_seq_length', `is ${maxSeqLength}, which leaves no room beside the special tokens`);
  }
  return { maxSeqLength, lowerCase: settings.boolean('do_lower_case', false) };
}
