/** What a Transformer module says of itself beside config.json: how long a text may be, and which output counts. */
import { join } from 'node:path';
import { describe, JsonFile } from '../../json-file.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';

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

/** The module's settings; none if there is no such file. */
export async function readSettings(folder: string): Promise<JsonFile> {
  for (const name of settingsFiles) {
    const settings = await JsonFile.readOptional(join(folder, name));
    if (settings) return settings;
  }
  return noSettings(folder);
}

/** What holds for an encoder that is no module of a sentence-transformers folder, whatever files lie beside it. */
export function noSettings(folder: string): JsonFile {
  return new JsonFile(join(folder, settingsFiles[0] ?? ''), {});
}

export interface TransformerSettings {
  readonly maxSeqLength: number;
  /** Limits of texts of a task that has its own. */
  readonly taskLengths: ReadonlyMap<string, number>;
  readonly lowerCase: boolean;
}

/** Where neither the tokenizer nor the model has a limit. */
const mostTokens = 2 ** 31 - 1;

/**
 * The longest text in tokens: what the folder says, else the lower of the tokenizer's and the model's limit. tokenizer.json's
 * own truncation does not count.
 * @param config the model's config.json. @param positions how many tokens it takes.
 */
export function readTransformerSettings(
  settings: JsonFile,
  tokenizer: Tokenizer,
  config: JsonFile,
  positions: number,
): TransformerSettings {
  // RoBERTa's table has rows that no token takes, and folders give the number of rows
  const rows = config.has('max_position_embeddings') ? config.integer('max_position_embeddings') : positions;
  const length = (from: JsonFile, field: string) => {
    const value = from.integer(field);
    if (value > Math.max(positions, rows)) {
      throw from.error(field, `is ${value}, but the model has only ${positions} positions`);
    }
    if (value <= tokenizer.specialTokensCount) {
      throw from.error(field, `is ${value}, which leaves no room beside the special tokens`);
    }
    return Math.min(value, positions);
  };
  const optional = (from: JsonFile, field: string) => (from.has(field) ? length(from, field) : undefined);
  const processing = settings.object('processing_kwargs', true);
  const ofCalls = [processing.object('common', true), processing.object('text', true)];
  for (const options of ofCalls) checkProcessing(options);
  const [inCommon, inText] = ofCalls.map((options) => optional(options, 'max_length'));
  const ofTokenizer = optional(either(settings, 'processor_kwargs', 'tokenizer_args'), 'model_max_length');
  const ofModel = Math.min(tokenizer.modelMaxLength, positions, mostTokens);
  const fixed = inCommon ?? inText;
  const ofTasks = ['query', 'document'].flatMap((task) => {
    const own = fixed ?? optional(settings, `${task}_length`);
    return own === undefined ? [] : [[task, own] as const];
  });
  return {
    maxSeqLength: fixed ?? ofTokenizer ?? optional(settings, 'max_seq_length') ?? ofModel,
    taskLengths: new Map(ofTasks),
    lowerCase: settings.boolean('do_lower_case', false) && !ignoresCase(tokenizer),
  };
}

/** Such a tokenizer keeps special tokens in a text as they are, which lower case before it would not. */
function ignoresCase(tokenizer: Tokenizer): boolean {
  const letters = 'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z';
  return tokenizer.encode(letters).ids.join() === tokenizer.encode(letters.toLowerCase()).ids.join();
}

/** What the settings say of config.json's fields: they win. */
export function withOverrides(config: JsonFile, settings: JsonFile): JsonFile {
  return new JsonFile(config.file, { ...config.value, ...either(settings, 'config_kwargs', 'config_args').value });
}

/** Padding does not matter here. */
const harmless = /^(max_length|padding|pad_to_multiple_of|return_\w+)$/;

function checkProcessing(options: JsonFile): void {
  for (const [field, value] of Object.entries(options.value)) {
    const cuts = field === 'truncation' && (value === true || value === 'longest_first' || value === 'only_first');
    if (cuts || harmless.test(field)) continue;
    throw options.error(
      field,
      `is ${describe(value)}, which is not supported; supported: max_length, padding, truncation`,
    );
  }
}

function either(settings: JsonFile, name: string, older: string): JsonFile {
  return settings.object(settings.has(name) ? name : older, true);
}

/** Which output of the transformer the modules after it read. */
export type TransformerOutput = 'last_hidden_state' | 'pooler_output';

/** @throws ConfigError for settings of other kinds of models, or for outputs that are not computed. */
export function readTransformerOutput(settings: JsonFile): TransformerOutput {
  const task = settings.string('transformer_task', 'feature-extraction');
  if (task !== 'feature-extraction') {
    throw settings.error('transformer_task', `is "${task}"; for vectors of texts it must be "feature-extraction"`);
  }
  if (settings.has('query_expansion')) {
    throw settings.error('query_expansion', 'is for token vectors; MultiVectorEncoder loads such folders');
  }
  if (!settings.has('modality_config')) return 'last_hidden_state';
  const modalities = settings.object('modality_config');
  if (modalities.has('message')) throw modalities.error('message', 'asks for a chat template, which is not supported');
  const text = modalities.object('text');
  const method = text.string('method');
  if (method !== 'forward') throw text.error('method', `is "${method}"; supported: forward`);
  const { method_output_name: value } = text.value;
  const name: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (name !== 'last_hidden_state' && name !== 'pooler_output') {
    throw text.error('method_output_name', `is ${describe(name)}; supported: last_hidden_state, pooler_output`);
  }
  const wanted = name === 'pooler_output' ? 'sentence_embedding' : 'token_embeddings';
  const given = settings.string('module_output_name');
  if (given !== wanted) throw settings.error('module_output_name', `is "${given}"; for ${name} it must be "${wanted}"`);
  return name;
}

/** In lower case, character by character as tokenizers do it: a sigma at the end of a word is no other sigma. */
export function lowerCased(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}
