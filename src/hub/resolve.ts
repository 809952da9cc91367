/** Finds the folder of a model on this machine: a path, the Hugging Face cache, or an installed model package. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import packageRoot from '../../package-root.cjs';
import { ConfigError, UsageError } from '../errors.js';
import { describeValue } from '../options.js';
import { ModelNotFoundError } from './errors.js';
import { cacheName, parseModelId } from './model-id.js';
import { type PullOptions, pullWith } from './pull.js';
import { type HubOptions, hubSettings } from './settings.js';

/** The model that is used where none is named. */
export const defaultModel = 'sentence-transformers/all-MiniLM-L6-v2';

/**
 * The absolute path of a model's folder. Looks, in this order, for a folder of that path; for the id in the Hugging Face
 * cache; for an installed package `@vectral/<name>`; and on the hub, from where it goes into the cache. What the cache has is
 * taken without asking the hub whether there is something newer: {@link pull} does.
 * @param idOrFolder A path, or an id such as `sentence-transformers/all-MiniLM-L6-v2`, `@revision` after it if wanted.
 * @throws {UsageError} It can be neither a path nor an id.
 * @throws {ModelNotFoundError} Says what was looked for, where, and the mend.
 * @throws {HubError} The hub cannot be reached or refuses.
 */
export async function resolveModel(
  idOrFolder: string = defaultModel,
  options: HubOptions & Pick<PullOptions, 'signal'> = {},
): Promise<string> {
  if (typeof idOrFolder !== 'string') {
    throw new UsageError(`the model must be an id or a folder; got ${describeValue(idOrFolder)}`);
  }
  if (idOrFolder === '') throw new UsageError('the model must be an id or a folder; got an empty string');
  const path = resolve(idOrFolder);
  // Asked of the path as given: `absent/..` is no folder, though it would reduce to one.
  const kind = await kindOf(idOrFolder);
  if (kind === 'folder') return path;
  if (looksLikePath(idOrFolder)) {
    const problem = kind === 'file' ? 'is a file; give the folder that holds it' : 'does not exist';
    throw new ModelNotFoundError(`the model folder ${path} ${problem}`);
  }
  const id = parseModelId(idOrFolder, options.revision);
  const settings = await hubSettings(options);
  const problems = new Set<string>();
  for (const find of [findCached, findPackage]) {
    for (const repo of id.repos) {
      const { folder, problem } = await find(repo, id.revision, settings.cacheFolder);
      if (folder !== undefined) return folder;
      problems.add(problem);
    }
  }
  if (!settings.offline) return pullWith(idOrFolder, settings, options);
  throw new ModelNotFoundError(
    `no model "${idOrFolder}" on this machine, and the hub may not be asked: there is no such folder, ${[...problems].join(', ')}; ` +
      `unset HF_HUB_OFFLINE or run "vectral pull ${idOrFolder}" where there is a network, or give the path of a folder with its files`,
  );
}

type Found = { folder: string; problem?: never } | { folder?: never; problem: string };

async function findCached(name: string, revision = 'main', cache: string): Promise<Found> {
  const repo = join(cache, cacheName(name));
  if ((await kindOf(repo)) !== 'folder') return { problem: `the Hugging Face cache ${cache} does not have ${name}` };
  const commit = (await readRef(join(repo, 'refs', revision))) ?? revision;
  const folder = join(repo, 'snapshots', commit);
  if (!/^[\w.-]+$/.test(commit) || (await kindOf(folder)) !== 'folder') {
    return { problem: `the Hugging Face cache ${repo} does not have its revision "${revision}"` };
  }
  if (!(await holdsModel(folder))) {
    return { problem: `the Hugging Face cache has only a part of it (no config or not all weights in ${folder})` };
  }
  return { folder };
}

/** Content of a ref: a commit. Undefined if there is no such ref. */
async function readRef(file: string): Promise<string | undefined> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const commit = content.trim();
  if (!/^[0-9a-f]{4,64}$/i.test(commit)) throw new ConfigError(file, '', 'must hold the id of a commit');
  return commit;
}

/**
 * A config and weights: here, or in folders of modules. Caches often hold only the files some other program needed, or what
 * had come when a download was cut.
 */
async function holdsModel(folder: string): Promise<boolean> {
  // dangling links are files that were deleted
  const entries = await readdir(folder, { recursive: true });
  const kinds = await Promise.all(entries.map((entry) => kindOf(join(folder, entry))));
  const files = entries.filter((_, i) => kinds[i] === 'file').map((entry) => entry.replaceAll(sep, '/'));
  if (!files.includes('config.json') && !files.includes('modules.json')) return false;
  const complete = files.filter((file) => /(^|\/)(model\.safetensors|pytorch_model\.bin)$/.test(file));
  const shards = files.filter((file) => shardName.test(file));
  const missing = shards.some((file) => !shardsOf(file).every((name) => files.includes(name)));
  return !missing && complete.length + shards.length > 0;
}

const shardName = /^(?<start>(.*\/)?(model|pytorch_model))-\d{5}-of-(?<count>\d{5})\.(?<end>safetensors|bin)$/;

/** All shards that `file` is one of, and their index. */
function shardsOf(file: string): string[] {
  const { start = '', count = '0', end = '' } = shardName.exec(file)?.groups ?? {};
  const all = Array.from(
    { length: Number(count) },
    (_, i) => `${start}-${String(i + 1).padStart(5, '0')}-of-${count}.${end}`,
  );
  return [...all, `${start}.${end}.index.json`];
}

async function findPackage(repo: string, revision: string | undefined): Promise<Found> {
  const name = packageName(repo);
  for (const from of [process.cwd(), packageRoot]) {
    let file: string;
    try {
      file = createRequire(join(from, 'package.json')).resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    const model = await packagedModel(file);
    if (model !== undefined && model !== repo) {
      return { problem: `the installed package ${name} is another model, ${model}` };
    }
    if (revision !== undefined) return { problem: `the installed package ${name} has no revisions` };
    return { folder: dirname(file) };
  }
  return { problem: `no package ${name} is installed` };
}

/** The id a model package says it holds, in `"vectral": { "model": … }` of its package.json. */
async function packagedModel(file: string): Promise<string | undefined> {
  try {
    const model = JSON.parse(await readFile(file, 'utf8')).vectral?.model;
    return typeof model === 'string' ? model : undefined;
  } catch (cause) {
    throw new ConfigError(file, '', `cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function packageName(repo: string): string {
  return `@vectral/${repo.slice(repo.indexOf('/') + 1).toLowerCase()}`;
}

/** Nobody writes an id so. */
function looksLikePath(text: string): boolean {
  return (
    /^([./~\\]|[A-Za-z]:[\\/])/.test(text) || text.includes('\\') || (text.split('/').length > 2 && !text.includes('@'))
  );
}

async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  const entry = await stat(path).catch(() => undefined);
  return entry === undefined ? undefined : entry.isDirectory() ? 'folder' : 'file';
}
