/** What the modules of a sentence-transformers folder have in common. */
import type { JsonFile } from '../../../json-file.js';
import type { Batch } from '../../../nn/batch.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';

/** A module between the transformer and the pooling: token rows `[N, D]` to token rows `[N, outFeatures]`. */
export interface TokenModule {
  /** For people: `CNN(1, 3, 5)`. */
  readonly name: string;
  readonly outFeatures: number;
  /** @param layers the transformer's hidden states, the embeddings first, `[N, D]` each. */
  forward(x: Tensor, batch: Batch, layers: readonly Tensor[]): Tensor;
  /** Of one that weighs tokens for the pooling, which then must follow it: `[N, 1]`. */
  weights?(batch: Batch): Tensor;
}

/** A module after the pooling: one row a text, `[S, D]` to `[S, outFeatures]`. */
export interface TextModule {
  readonly name: string;
  readonly outFeatures: number;
  forward(x: Tensor): Tensor;
}

/** What a module reads and gives, in sentence-transformers' names: rows of tokens, or the text's vector. */
export type Feature = 'token_embeddings' | 'sentence_embedding';

/** What a module is built from. */
export interface ModuleSource {
  /** D of the rows that the module before gives. */
  readonly inFeatures: number;
  /** The transformer's config.json. */
  readonly transformer: JsonFile;
  /** A JSON file of the module's folder. */
  config(name?: string): Promise<JsonFile>;
  /** Its config.json, an empty object if there is none. */
  optionalConfig(): Promise<JsonFile>;
  /** The module's weights, open as long as the model is. */
  weights(): Promise<Checkpoint>;
}

/** @throws ConfigError unless one of `fields`, if there is one, is the width of the rows the module gets. */
export function checkWidth(config: JsonFile, fields: readonly string[], inFeatures: number): void {
  for (const field of fields) {
    if (config.has(field) && config.integer(field) !== inFeatures) {
      throw config.error(field, `is ${config.integer(field)}, but the module before gives ${inFeatures}`);
    }
  }
}

/** @throws ConfigError unless the module reads, and gives, what stands where it stands. */
export function checkFeature(config: JsonFile, feature: Feature): void {
  const input = config.string('module_input_name', 'sentence_embedding');
  if (input !== feature)
    throw config.error('module_input_name', `is "${input}"; in this place it must be "${feature}"`);
  const output = config.string('module_output_name', input);
  if (output !== input) throw config.error('module_output_name', `is "${output}"; it must be "${input}" as the input`);
}
