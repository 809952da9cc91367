/** What decides how the hub is reached: options of a call, and the variables that Hugging Face's own tools read. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { hubCacheFolder, huggingFaceHome } from './cache-folder.js';

/** Where a model given by its id comes from. A folder needs none of these. */
export interface HubOptions {
  /** A branch, tag or commit, as `@revision` after the id. Default `main`. */
  readonly revision?: string | undefined;
  /** For private and gated models. Default HF_TOKEN, or what `hf auth login` has stored. */
  readonly token?: string | undefined;
  /** The hub, or a mirror of it. Default HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** The Hugging Face cache. Default HF_HUB_CACHE, else `hub` in HF_HOME. */
  readonly cacheFolder?: string | undefined;
  /** Never ask the hub. Default HF_HUB_OFFLINE. */
  readonly localFilesOnly?: boolean | undefined;
  /** Called while files come: at most ten times a second, and when all are there. */
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

export const hubOptionNames = ['revision', 'token', 'endpoint', 'cacheFolder', 'localFilesOnly', 'onDownload'] as const;

/** Bytes of all files a model needs, those that were there before included. */
export interface DownloadProgress {
  /** The file that comes at the moment. */
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

export interface HubSettings {
  readonly endpoint: URL;
  readonly token: string | undefined;
  readonly cacheFolder: string;
  readonly offline: boolean;
}

export async function hubSettings(options: HubOptions, environment = process.env): Promise<HubSettings> {
  return {
    endpoint:
      options.endpoint === undefined
        ? endpointOf(environment.HF_ENDPOINT || 'https://huggingface.co', 'HF_ENDPOINT')
        : endpointOf(options.endpoint, 'endpoint'),
    token: checkToken(options.token?.trim() ?? (await storedToken(environment))),
    cacheFolder: options.cacheFolder ?? hubCacheFolder(environment),
    offline: options.localFilesOnly ?? [environment.HF_HUB_OFFLINE, environment.TRANSFORMERS_OFFLINE].some(isSet),
  };
}

function endpointOf(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new UsageError(`${what} must be a URL that begins with http:// or https://, got "${text}"`);
}

/** Hugging Face's own words for yes. */
function isSet(value: string | undefined): boolean {
  return ['1', 'on', 'yes', 'true'].includes(value?.toLowerCase() ?? '');
}

/** What goes into a header. The token itself is in no message. */
function checkToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError('the token has characters that no token has; see HF_TOKEN, or log in anew with "hf auth login"');
}

async function storedToken(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (isSet(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const named = (environment.HF_TOKEN || environment.HUGGING_FACE_HUB_TOKEN)?.trim();
  if (named) return named;
  const file = environment.HF_TOKEN_PATH || join(huggingFaceHome(environment), 'token');
  const text = await readFile(file.replace(/^~(?=\/)/, homedir()), 'utf8').catch(() => '');
  return text.trim() || undefined;
}
