/** What the Hugging Face cache has of a model, and whether that is all of it. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ConfigError } from '../errors.js';
import { cacheName } from './model-id.js';

export type Found = { folder: string; problem?: never } | { folder?: never; problem: string };

/** A snapshot that can be loaded. */
export type CachedModel = Found & {
  /** Set if files may be missing without which it loads as another model: programs cache just the files they ask for. */
  readonly unsureOf?: string;
};

/** Moves when a pull brings files that it did not before. */
const pulled = '1\n';

/** Notes that all files that loading reads are in a snapshot, or are not in the repository. */
export async function markWhole(repoFolder: string, commit: string): Promise<void> {
  const file = join(repoFolder, '.vectral', commit);
  if ((await readFile(file, 'utf8').catch(() => '')) === pulled) return;
  await mkdir(join(repoFolder, '.vectral'), { recursive: true });
  await writeFile(file, pulled);
}

export async function findCached(name: string, revision = 'main', cache: string): Promise<CachedModel> {
  const repo = join(cache, cacheName(name));
  if ((await kindOf(repo)) !== 'folder') return { problem: `the Hugging Face cache ${cache} does not have ${name}` };
  const commit = (await readRef(join(repo, 'refs', revision))) ?? revision;
  const folder = join(repo, 'snapshots', commit);
  if (!/^[\w.-]+$/.test(commit) || (await kindOf(folder)) !== 'folder') {
    return { problem: `the Hugging Face cache ${repo} does not have its revision "${revision}"` };
  }
  const files = await filesOf(folder);
  if (!holdsModel(files)) {
    return { problem: `the Hugging Face cache has only a part of it (no config or not all weights in ${folder})` };
  }
  return (await isWhole(repo, commit, files)) ? { folder } : { folder, unsureOf: `${name}@${commit}` };
}

/** Content of a ref: a commit. Undefined if there is no such ref. */
async function readRef(file: string): Promise<string | undefined> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const commit = content.trim();
  if (!/^[0-9a-f]{4,64}$/i.test(commit)) throw new ConfigError(file, '', 'must hold the id of a commit');
  return commit;
}

/** Paths of all files, with `/`. Links that lead nowhere are files that were deleted. */
async function filesOf(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true });
  const kinds = await Promise.all(entries.map((entry) => kindOf(join(folder, entry))));
  return new Set(entries.filter((_, i) => kinds[i] === 'file').map((entry) => entry.replaceAll(sep, '/')));
}

/** A config and weights: here, or in folders of modules; of shards all, and their index. */
function holdsModel(files: ReadonlySet<string>): boolean {
  if (!files.has('config.json') && !files.has('modules.json')) return false;
  const single = [...files].filter((file) => /(^|\/)(model\.safetensors|pytorch_model\.bin)$/.test(file));
  const shards = [...files].filter((file) => shardName.test(file));
  return single.length + shards.length > 0 && shards.every((file) => shardsOf(file).every((name) => files.has(name)));
}

const shardName = /^(?<start>(.*\/)?(model|pytorch_model))-\d{5}-of-(?<count>\d{5})\.(?<end>safetensors|bin)$/;

/** All shards that `file` is one of, and their index. */
function shardsOf(file: string): string[] {
  const { start = '', count = '0', end = '' } = shardName.exec(file)?.groups ?? {};
  const numbers = Array.from({ length: Number(count) }, (_, i) => String(i + 1).padStart(5, '0'));
  return [...numbers.map((number) => `${start}-${number}-of-${count}.${end}`), `${start}.${end}.index.json`];
}

/**
 * Whether a snapshot has all that its repository has for loading. Transformers caches a model of sentence-transformers
 * without its modules, which then would give other vectors.
 */
async function isWhole(repo: string, commit: string, files: ReadonlySet<string>): Promise<boolean> {
  if ((await readFile(join(repo, '.vectral', commit), 'utf8').catch(() => '')) === pulled) return true;
  // where Hugging Face's tools note what they asked for and the repository does not have
  if (!files.has('modules.json')) return (await kindOf(join(repo, '.no_exist', commit, 'modules.json'))) === 'file';
  const text = await readFile(join(repo, 'snapshots', commit, 'modules.json'), 'utf8');
  const modules = modulesOf(text).filter(({ type }) => !/\.(Normalize|Dropout)$/.test(type));
  const isConfig = /^(?!tokenizer_|config_sentence)[a-z_]*config\.json$/;
  const hasConfig = (folder: string) =>
    [...files].some((file) => file.startsWith(folder) && isConfig.test(file.slice(folder.length)));
  const hasTokenizer = [...files].some((file) => /(^|\/)(tokenizer\.json|vocab\.(txt|json)|.*\.model)$/.test(file));
  return hasTokenizer && modules.length > 0 && modules.every(({ path }) => hasConfig(path === '' ? '' : `${path}/`));
}

/** What modules.json lists; nothing if it is not what it should be, which loading then says. */
export function modulesOf(text: string): readonly { path: string; type: string }[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.map((module: unknown) => {
    const { path = '', type = '' } = Object(module) as { path?: unknown; type?: unknown };
    return { path: String(path).replace(/^\.?\/|\/$/g, ''), type: String(type) };
  });
}

export async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  const entry = await stat(path).catch(() => undefined);
  return entry === undefined ? undefined : entry.isDirectory() ? 'folder' : 'file';
}
