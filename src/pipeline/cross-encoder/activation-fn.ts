/** What turns a cross-encoder's logits into scores: named in the model's folder in one of three places, or by the caller. */
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import { describeValue } from '../../options.js';

/** A function of one logit: one that is built in, by its name, or the caller's own. */
export type ActivationFn = 'identity' | 'sigmoid' | 'tanh' | 'relu' | ((logit: number) => number);

type Scalar = (logit: number) => number;

const functions: Readonly<Record<Extract<ActivationFn, string>, Scalar>> = {
  identity: (x) => x,
  sigmoid,
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
};
const names = Object.keys(functions) as readonly Extract<ActivationFn, string>[];

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** eˣ over their sum, the largest subtracted first. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i] ?? 0);
  const exponentials = Float64Array.from(logits, (x) => Math.exp(x - largest));
  let sum = 0;
  for (const value of exponentials) sum += value;
  return exponentials.map((value) => value / sum);
}

/** The function a caller means. @throws UsageError if it is neither a known name nor a function. */
export function activationOf(call: string, wanted: ActivationFn): Scalar {
  if (typeof wanted === 'function') return wanted;
  const known = names.find((name) => name === wanted);
  if (known !== undefined) return functions[known];
  const found = describeValue(wanted);
  throw new UsageError(`${call}: activationFn must be a function or one of ${names.join(', ')}, got ${found}`);
}

/**
 * The function a folder names: `activation_fn` of config_sentence_transformers.json, else of `sentence_transformers` in
 * config.json, else `sbert_ce_default_activation_function` there. Without any it is sigmoid for one label and identity for
 * several.
 * @throws ConfigError for a class that is not built in.
 */
export async function readActivation(folder: string, config: JsonFile, numLabels: number): Promise<Scalar> {
  const saved = await JsonFile.readOptional(join(folder, 'config_sentence_transformers.json'));
  const places: [JsonFile | undefined, string][] = [
    [saved, 'activation_fn'],
    [config.object('sentence_transformers', true), 'activation_fn'],
    [config, 'sbert_ce_default_activation_function'],
  ];
  for (const [file, field] of places) {
    if (!file?.has(field)) continue;
    const path = file.string(field); // torch.nn.modules.linear.Identity
    const name = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
    const known = path.startsWith('torch.nn.') ? names.find((candidate) => candidate === name) : undefined;
    if (known !== undefined) return functions[known];
    const mend = `supported: torch.nn's Identity, Sigmoid, Tanh, ReLU; or give activationFn when loading`;
    throw file.error(field, `is "${path}"; ${mend}`);
  }
  return numLabels === 1 ? sigmoid : functions.identity;
}
