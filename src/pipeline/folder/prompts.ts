/** Prompts: texts a model was trained to see before others, by name. */
import { UsageError } from '../../errors.js';

/** A model's prompts. */
export interface Prompts {
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
}

/** How a call chooses one. */
export interface PromptOptions {
  /** A prompt from the model's own, by name. */
  readonly promptName?: string | undefined;
  /** Text to put before every text; wins over `promptName`. */
  readonly prompt?: string | undefined;
}

/** The prompt of a call; '' if there is none. @throws UsageError for a name that the model does not have. */
export function promptOf({ prompts, defaultPromptName }: Prompts, options: PromptOptions): string {
  if (options.prompt !== undefined) return options.prompt;
  const name = options.promptName ?? defaultPromptName;
  if (name === undefined) return '';
  const prompt = Object.hasOwn(prompts, name) ? prompts[name] : undefined;
  if (prompt !== undefined) return prompt;
  throw new UsageError(`no prompt "${name}" in this model; it has: ${Object.keys(prompts).join(', ') || 'none'}`);
}

/**
 * `options` with the first of `names` that the model has, unless they choose a prompt themselves. Without any of them there is
 * no prompt, not the default one: it may be meant for texts of another kind.
 */
export function withPrompt<O extends PromptOptions>(model: Prompts, names: readonly string[], options: O): O {
  if (options.prompt !== undefined || options.promptName !== undefined) return options;
  const promptName = names.find((name) => Object.hasOwn(model.prompts, name));
  return promptName === undefined ? { ...options, prompt: '' } : { ...options, promptName };
}

/** The names under which models keep the prompt of a query, and of a document. */
export const queryPrompts = ['query'];
export const documentPrompts = ['document', 'passage', 'corpus'];
