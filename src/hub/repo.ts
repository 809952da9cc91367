/** What a repository of the hub holds, and which of it a model needs. */
import { posix } from 'node:path';
import { HubError, ModelNotFoundError } from './errors.js';
import { getText } from './request.js';
import type { HubSettings } from './settings.js';

export interface RepoFile {
  /** With `/` between folders. */
  readonly path: string;
  readonly size: number;
  /** Name of the blob in the cache: SHA-256 of large files, git's SHA-1 of others. */
  readonly etag: string;
}

export interface Repo {
  readonly id: string;
  readonly commit: string;
  readonly files: readonly RepoFile[];
}

const largestListing = 64 * 2 ** 20;

/**
 * Asks the hub for the files of a revision.
 * @throws {ModelNotFoundError} There is no such repository or revision.
 * @throws {HubError} It may not be read, or the answer is not what the hub answers.
 */
export async function readRepo(
  id: string,
  revision: string,
  { endpoint, token }: HubSettings,
  signal: AbortSignal | undefined,
): Promise<Repo> {
  const path = `${endpoint.pathname.replace(/\/$/, '')}/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const url = new URL(`${path}?blobs=true`, endpoint);
  const { response, text } = await getText({ url, token, signal }, largestListing);
  const status = response.statusCode ?? 0;
  if (status !== 200) throw refusal(status, response.headers, { id, revision, host: endpoint.host, token });
  try {
    return readListing(id, JSON.parse(text));
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError(`${endpoint.host} answered for ${id} with what is no listing: ${(cause as Error).message}`);
  }
}

/** What an answer other than 200 means, by the hub's own code where it gives one. */
export function refusal(
  status: number,
  headers: NodeJS.Dict<string | string[]>,
  { id, revision, host, token }: { id: string; revision: string; host: string; token: string | undefined },
): Error {
  const code = headers['x-error-code'];
  const withToken = token === undefined ? 'set HF_TOKEN to a token of an account that may' : 'the token given may not';
  if (code === 'GatedRepo' || (status === 403 && code === undefined)) {
    return new HubError(`${id} is gated: accept its terms at https://${host}/${id}; to read it, ${withToken}`, status);
  }
  if (code === 'EntryNotFound') {
    return new HubError(`${host} lists a file of ${id} that it does not have; try later`, status);
  }
  if (code === 'RevisionNotFound') return new ModelNotFoundError(`${id} on ${host} has no revision "${revision}"`);
  if (status === 404 || code === 'RepoNotFound') {
    return new ModelNotFoundError(`${host} has no model "${id}", or it is private; if so, ${withToken}`);
  }
  if (status === 401 || status === 403) {
    return new HubError(`${host} does not let this account read ${id}; to read it, ${withToken}`, status);
  }
  const problem = status === 429 ? 'has had too many requests (429)' : `answered ${status}`;
  return new HubError(`${host} ${problem} for ${id}, again and again; try later`, status);
}

function readListing(id: string, value: unknown): Repo {
  const { sha, siblings } = Object(value) as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha) || !Array.isArray(siblings)) {
    throw new Error('sha or siblings is missing');
  }
  const files = siblings.flatMap((sibling: unknown): RepoFile[] => {
    const { rfilename, size, blobId, lfs } = Object(sibling) as Record<string, unknown>;
    const etag: unknown = (Object(lfs) as { sha256?: unknown }).sha256 ?? blobId;
    if (typeof rfilename !== 'string' || !isInside(rfilename)) {
      throw new HubError(`${id} lists the file ${JSON.stringify(rfilename)}, which would lie outside of its folder`);
    }
    // Windows cannot write them, and no file of a model is called so; logs of training often are
    if (/[\\:]/.test(rfilename)) return [];
    if (typeof etag !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || !isSize(size)) {
      throw new Error(`${rfilename} has no hash or no size`);
    }
    return [{ path: rfilename, size, etag }];
  });
  return { id, commit: sha, files };
}

function isInside(path: string): boolean {
  if (path.includes('\0')) return false;
  return path.split(/[\\/]/).every((part) => part !== '' && part !== '.' && part !== '..');
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Folders of modules: those of modules.json and, in a Router's, of its own list. The root is ''. */
export type ModuleFolders = ReadonlySet<string>;

/** Files that a tokenizer is built from where there is no tokenizer.json. */
const vocabularies = /^(vocab\.txt|vocab\.json|merges\.txt|.*\.model)$/;
/** Stanford's ColBERT keeps its lengths and markers here. */
const settingsOfColbert = 'artifact.metadata';
/** Weights of other frameworks, other precisions, and of training. */
const unwantedJson =
  /^(tf_|flax_|openvino_|onnx|trainer_|training_|pytorch_model\.bin\.index|model\..+\.safetensors\.index)/;

/** What loading reads: configs, the tokenizer, and weights as safetensors, or as .bin where a folder has no others. */
export function neededFiles({ files }: Repo, folders: ModuleFolders): readonly RepoFile[] {
  const byFolder = new Map<string, RepoFile[]>();
  for (const file of files) {
    const slash = file.path.lastIndexOf('/');
    const folder = slash < 0 ? '' : file.path.slice(0, slash);
    if (folders.has(folder)) byFolder.set(folder, [...(byFolder.get(folder) ?? []), file]);
  }
  return [...byFolder.values()].flatMap((list) => {
    const names = new Set(list.map(({ path }) => posix.basename(path)));
    const tokenizer = names.has('tokenizer.json');
    const weights = weightNames(names);
    return list.filter(({ path }) => {
      const name = posix.basename(path);
      if (weights(name) || name === settingsOfColbert) return true;
      if (name.endsWith('.index.json')) return false;
      return name.endsWith('.json') ? !unwantedJson.test(name) : !tokenizer && vocabularies.test(name);
    });
  });
}

/** Which files of a folder are its weights: one kind of them. */
function weightNames(names: ReadonlySet<string>): (name: string) => boolean {
  for (const [single, shard] of [
    ['model.safetensors', /^model-\d+-of-\d+\.safetensors$/],
    ['pytorch_model.bin', /^pytorch_model-\d+-of-\d+\.bin$/],
  ] as const) {
    if (names.has(single)) return (name) => name === single;
    const index = `${single}.index.json`;
    if (names.has(index)) return (name) => name === index || shard.test(name);
  }
  return () => false;
}
