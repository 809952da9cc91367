/** Models of the Hugging Face hub, brought to this machine. What speaks HTTP is loaded when it is needed. */
import { checkOptions } from '../options.js';
import { HubError } from './errors.js';
import { type HubOptions, type HubSettings, hubOptionNames, hubSettings } from './settings.js';

/** Options of {@link pull}. */
export interface PullOptions extends Omit<HubOptions, 'localFilesOnly'> {
  /** Rejects with the signal's reason; what has come so far stays, and the next pull goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads what loading a model reads and the cache lacks: configs, tokenizer, safetensors. Any number of processes may
 * pull the same model.
 * @param id `organisation/name`, `@revision` after it if wanted.
 * @returns the model's folder in the cache.
 * @throws {UsageError} It is no id. @throws {ModelNotFoundError} The hub has no such model or revision.
 * @throws {HubError} The hub cannot be reached or refuses, a file comes broken, the disk is full, or HF_HUB_OFFLINE is set.
 */
export async function pull(id: string, options: PullOptions = {}): Promise<string> {
  checkOptions('pull', options, [...hubOptionNames.filter((name) => name !== 'localFilesOnly'), 'signal']);
  const settings = await hubSettings(options);
  if (settings.offline) throw new HubError('HF_HUB_OFFLINE is set; unset it to pull models');
  return pullWith(id, settings, options);
}

/** As {@link pull}, with settings that were read before. */
export async function pullWith(id: string, settings: HubSettings, options: PullOptions): Promise<string> {
  const { download } = await import('./download.js');
  return download(id, settings, options);
}
