/** Finds the folder of a model on this machine: a path, the Hugging Face cache, or an installed model package. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import packageRoot from '../../package-root.cjs';
import { ConfigError, UsageError } from '../errors.js';
import { describeValue } from '../options.js';
import { type Found, findCached, kindOf } from './cached.js';
import { HubError, ModelNotFoundError } from './errors.js';
import { parseModelId } from './model-id.js';
import { type PullOptions, pullWith } from './pull.js';
import { type HubOptions, type HubSettings, hubSettings } from './settings.js';

/** The model that is used where none is named. */
export const defaultModel = 'sentence-transformers/all-MiniLM-L6-v2';

/**
 * The absolute path of a model's folder. Looks, in this order, for a folder of that path; for the id in the Hugging Face
 * cache; for an installed package `@vectral/<name>`; and on the hub, from where it goes into the cache. What the cache has is
 * taken without asking the hub whether there is something newer: {@link pull} does. What another program cached, maybe
 * in part, is completed once.
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
  for (const repo of id.repos) {
    const { folder, problem, unsureOf } = await findCached(repo, id.revision, settings.cacheFolder);
    if (folder === undefined) problems.add(problem);
    else return unsureOf && !settings.offline ? completed(unsureOf, folder, settings, options) : folder;
  }
  for (const repo of id.repos) {
    const { folder, problem } = await findPackage(repo, id.revision);
    if (folder !== undefined) return folder;
    problems.add(problem);
  }
  if (!settings.offline) return pullWith(idOrFolder, settings, options);
  throw new ModelNotFoundError(
    `no model "${idOrFolder}" on this machine, and the hub may not be asked: there is no such folder, ${[...problems].join(', ')}; ` +
      `unset HF_HUB_OFFLINE or run "vectral pull ${idOrFolder}" where there is a network, or give the path of a folder with its files`,
  );
}

/** With what is missing of a snapshot; as it is, with a warning, if that cannot be found out. */
async function completed(
  id: string,
  folder: string,
  settings: HubSettings,
  { signal, onDownload }: Pick<PullOptions, 'signal' | 'onDownload'>,
): Promise<string> {
  try {
    return await pullWith(id, settings, { signal, onDownload });
  } catch (cause) {
    if (!(cause instanceof HubError || cause instanceof ModelNotFoundError)) throw cause;
    process.emitWarning(
      `${id} was cached by another program, maybe without its modules.json or tokenizer, and is used as it is: ${cause.message}`,
      { type: 'VectralWarning', code: 'VECTRAL_CACHE' },
    );
    return folder;
  }
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
