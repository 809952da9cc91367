/** Where packed weights are kept between processes. */
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The folder `VECTRAL_CACHE` names, else `vectral` among the user's caches. Empty for no cache: the variable is empty or
 * `off`, or nobody knows where the user's caches are.
 */
export function packedCacheFolder(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const { VECTRAL_CACHE: chosen, XDG_CACHE_HOME: xdg } = environment;
  if (chosen !== undefined) return chosen === 'off' || chosen === '' ? '' : path.resolve(chosen);
  // The specification has relative paths ignored.
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'vectral');
  try {
    return path.join(homedir(), platform === 'darwin' ? 'Library/Caches' : '.cache', 'vectral');
  } catch {
    return ''; // a user without an entry in the system's list has no home
  }
}
