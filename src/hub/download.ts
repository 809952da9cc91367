/** A model of the hub into the Hugging Face cache, in its own layout: blobs, snapshots of links to them, refs. */
import { randomUUID } from 'node:crypto';
import { copyFile, lstat, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { VectralError } from '../errors.js';
import { fetchBlob } from './blob.js';
import { markWhole, modulesOf } from './cached.js';
import { HubError, ModelNotFoundError } from './errors.js';
import { cacheName, parseModelId } from './model-id.js';
import type { PullOptions } from './pull.js';
import { neededFiles, type Repo, type RepoFile, readRepo } from './repo.js';
import type { DownloadProgress, HubSettings } from './settings.js';

/** What the caller's function throws: none of the faults that are tried again. */
class CallbackError extends VectralError {
  constructor(cause: unknown) {
    super('CALLBACK', 'onDownload has thrown', { cause });
  }
}

/** As {@link pull}, with settings that were read before. */
export async function download(id: string, settings: HubSettings, options: PullOptions): Promise<string> {
  try {
    return await bringAll(id, settings, options);
  } catch (cause) {
    // what an abort makes of a socket, a timer or a stream
    options.signal?.throwIfAborted();
    if (cause instanceof CallbackError) throw cause.cause;
    const { code, syscall, path = settings.cacheFolder, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof VectralError || code === undefined || syscall === undefined) throw cause;
    const mend = 'give a cache that can be written: HF_HUB_CACHE, HF_HOME, or cacheFolder';
    throw new HubError(`${path} cannot be written: ${message}; ${mend}`, undefined, { cause });
  }
}

async function bringAll(id: string, settings: HubSettings, options: PullOptions): Promise<string> {
  const { repos, revision = 'main' } = parseModelId(id, options.revision);
  const { signal } = options;
  const onDownload = (progress: DownloadProgress) => {
    try {
      options.onDownload?.(progress);
    } catch (cause) {
      throw new CallbackError(cause);
    }
  };
  signal?.throwIfAborted();
  const repo = await firstRepo(repos, revision, settings, signal);
  const flat = cacheName(repo.id);
  const repoFolder = join(settings.cacheFolder, flat);
  const snapshot = join(repoFolder, 'snapshots', repo.commit);
  const places = { ...settings, repoFolder, lockFolder: join(settings.cacheFolder, '.locks', flat) };
  const bring = async (file: RepoFile, came: (bytes: number) => void) => {
    const blob = await fetchBlob(repo, file, places, came, signal);
    await link(blob, join(snapshot, ...file.path.split('/')));
  };
  const folders = await moduleFolders(repo, snapshot, (file) => bring(file, () => {}));
  const files = neededFiles(repo, folders);
  if (!files.some(({ path }) => /\.(safetensors|bin)$/.test(path))) {
    throw new HubError(`${repo.id} has no safetensors or PyTorch weights at "${revision}"; nothing here can load it`);
  }
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  let told = 0;
  for (const file of files.toSorted((a, b) => rank(a) - rank(b))) {
    await bring(file, (bytes) => {
      const now = performance.now();
      if (bytes > 0 && now - told < 100) return;
      told = now;
      onDownload({ file: file.path, done: before + bytes, total });
    });
    before += file.size;
  }
  onDownload({ file: files.at(-1)?.path ?? '', done: total, total });
  await markWhole(repoFolder, repo.commit);
  if (revision !== repo.commit) await writeAtomically(join(repoFolder, 'refs', ...revision.split('/')), repo.commit);
  return snapshot;
}

/** Order of coming: weights last, the encoder's behind those of other modules, the index of shards at the very end. */
function rank({ path }: RepoFile): number {
  if (path.endsWith('.index.json')) return 3;
  if (!/\.(safetensors|bin)$/.test(path)) return 0;
  return path.includes('/') ? 1 : 2;
}

/** The first that the hub has. */
async function firstRepo(
  repos: readonly string[],
  revision: string,
  settings: HubSettings,
  signal: AbortSignal | undefined,
): Promise<Repo> {
  const absent: ModelNotFoundError[] = [];
  for (const name of repos) {
    try {
      return await readRepo(name, revision, settings, signal);
    } catch (cause) {
      if (!(cause instanceof ModelNotFoundError)) throw cause;
      absent.push(cause);
    }
  }
  throw absent.length === 1 ? absent[0] : new ModelNotFoundError(absent.map(({ message }) => message).join('; '));
}

/** The folders that modules.json names, and in those of a Router the ones it names. */
async function moduleFolders(
  { files }: Repo,
  snapshot: string,
  bring: (file: RepoFile) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const folders = new Set(['']);
  const read = async (path: string): Promise<string | undefined> => {
    const file = files.find((candidate) => candidate.path === path);
    if (!file) return undefined;
    await bring(file);
    return readFile(join(snapshot, ...path.split('/')), 'utf8');
  };
  for (const { path: folder, type } of modulesOf((await read('modules.json')) ?? '')) {
    folders.add(folder);
    if (!/\.(Router|Asym)$/.test(type)) continue;
    const at = (name: string) => (folder === '' ? name : `${folder}/${name}`);
    const router = parsed((await read(at('router_config.json'))) ?? (await read(at('config.json'))));
    for (const name of Object.keys(Object((Object(router) as { types?: unknown }).types))) folders.add(at(name));
  }
  return folders;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined; // loading says what is wrong with it
  }
}

/** A relative link, as Hugging Face's tools make it; where links cannot be made, a copy. */
async function link(blob: string, place: string): Promise<void> {
  if (await lstat(place).catch(() => undefined)) return;
  await mkdir(dirname(place), { recursive: true });
  const fresh = `${place}.${randomUUID()}.new`;
  try {
    await symlink(relative(dirname(place), blob).replaceAll(sep, '/'), fresh);
  } catch (cause) {
    if (!['EPERM', 'ENOSYS', 'ENOTSUP'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
    await copyFile(blob, fresh);
  }
  await rename(fresh, place);
}

async function writeAtomically(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(fresh, text);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
