/** Where the Hugging Face cache lies: the same variables, in the same order, as its own tools read. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function hubCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const set = (name: string) => (environment[name] ? expandHome(environment[name]) : undefined);
  const direct = set('HF_HUB_CACHE') ?? set('HUGGINGFACE_HUB_CACHE');
  if (direct !== undefined) return direct;
  const home = set('HF_HOME') ?? join(set('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  return join(home, 'hub');
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
