/** Where the Hugging Face cache lies: the same variables, in the same order, as its own tools read. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function hubCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const direct = environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE;
  return direct ? expandHome(direct) : join(huggingFaceHome(environment), 'hub');
}

/** Where Hugging Face's tools keep what is theirs: the cache, and the token. */
export function huggingFaceHome(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.HF_HOME) return expandHome(environment.HF_HOME);
  const caches = environment.XDG_CACHE_HOME ? expandHome(environment.XDG_CACHE_HOME) : join(homedir(), '.cache');
  return join(caches, 'huggingface');
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
