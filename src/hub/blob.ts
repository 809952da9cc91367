/** One file of the hub to one blob of the cache: resumed where an earlier try ended, checked, and only then in place. */
import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VectralError } from '../errors.js';
import { HubError } from './errors.js';
import { type Lock, withLock } from './lock.js';
import { type Repo, type RepoFile, refusal } from './repo.js';
import { backoff, get, messageOf } from './request.js';
import type { HubSettings } from './settings.js';

/** Tries that brought no byte, one after another. */
const mostVainTries = 5;

/** Makes sure that the blob of `file` is there. @param came is told of bytes as they come, from the start of the file. */
export async function fetchBlob(
  repo: Repo,
  file: RepoFile,
  settings: HubSettings & { readonly repoFolder: string; readonly lockFolder: string },
  came: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const blob = join(settings.repoFolder, 'blobs', file.etag);
  if (await isWhole(blob, file.size)) return blob;
  const lock = join(settings.lockFolder, `${file.etag}.vectral.lock`);
  await withLock(
    lock,
    async (held) => {
      // another process may have brought it
      if (await isWhole(blob, file.size)) return;
      await mkdir(dirname(blob), { recursive: true });
      // a name of our own: other tools write to theirs without this lock
      const partial = `${blob}.vectral.incomplete`;
      try {
        await download(repo, file, partial, settings, came, signal, held);
        await held.checkHeld();
        await rename(partial, blob);
      } catch (cause) {
        throw await explained(cause, partial, file);
      }
    },
    signal,
  );
  return blob;
}

async function isWhole(path: string, size: number): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.size === size;
}

/** Appends until all is there; begins anew, once, if what is there then has another hash. */
async function download(
  repo: Repo,
  file: RepoFile,
  partial: string,
  settings: HubSettings,
  came: (bytes: number) => void,
  signal: AbortSignal | undefined,
  held: Lock,
): Promise<void> {
  const hash = newHash(file);
  let done = await hashSoFar(partial, file, hash);
  const resumed = done > 0;
  if (!resumed) await rm(partial, { force: true });
  // never truncated: one who has lost the lock without noticing may still write the same bytes to the same places
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT);
  try {
    for (let vain = 0; done < file.size; ) {
      came(done);
      const before = done;
      try {
        const response = await ask(repo, file, done, settings, signal);
        done = await append(response, handle, hash, done, file.size, came);
        if (done === before) throw new Error('the answer was empty');
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof VectralError || isFileError(cause)) throw cause;
        done = (await handle.stat()).size;
        vain = done > before ? 0 : vain + 1;
        if (vain === mostVainTries) {
          throw new HubError(`${file.path} of ${repo.id}: ${messageOf(cause)}, again and again; try later`);
        }
        await sleep(backoff(vain), undefined, signal && { signal });
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  came(done);
  const found = hash.digest('hex');
  if (found === file.etag) return;
  await held.checkHeld();
  await rm(partial, { force: true });
  if (resumed) return download(repo, file, partial, settings, came, signal, held);
  const problem = `came with the hash ${found}, the hub says ${file.etag}`;
  throw new HubError(
    `${file.path} of ${repo.id} ${problem}; it was thrown away: try again, and if it comes so again, tell its owner`,
  );
}

async function ask(
  repo: Repo,
  file: RepoFile,
  from: number,
  { endpoint, token }: HubSettings,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}/${repo.id}/resolve/${repo.commit}/${path}`, endpoint);
  const range = from > 0 ? { range: `bytes=${from}-` } : {};
  // a body packed for the way would have another length
  const response = await get({ url, token, signal, headers: { 'accept-encoding': 'identity', ...range } });
  const status = response.statusCode ?? 0;
  if (status === 200 || status === 206) return response;
  response.destroy();
  throw refusal(status, response.headers, { id: repo.id, revision: repo.commit, host: endpoint.host, token });
}

/** Writes an answer behind what is there; one that ignores the range is read from `done` on. */
async function append(
  response: IncomingMessage,
  handle: FileHandle,
  hash: Hash,
  done: number,
  size: number,
  came: (bytes: number) => void,
): Promise<number> {
  let at = response.statusCode === 206 ? rangeBegin(response, done) : 0;
  if (at > done) throw new HubError('the hub answered with another range than was asked for');
  let end = done;
  for await (const part of response as AsyncIterable<Buffer>) {
    const fresh = part.subarray(Math.min(Math.max(end - at, 0), part.length));
    at += part.length;
    if (at > size) throw new HubError(`the hub sends more than the ${size} bytes it says the file has`);
    if (fresh.length === 0) continue;
    await writeAll(handle, fresh, end);
    hash.update(fresh);
    end += fresh.length;
    came(end);
  }
  if (end < size) throw Object.assign(new Error('the connection was cut'), { end });
  return end;
}

/** A write may do less than it was asked for. */
async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

function rangeBegin(response: IncomingMessage, asked: number): number {
  const begin = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  return begin === undefined ? asked : Number(begin);
}

/** SHA-256 of large files; of others what git calls a blob: SHA-1 with a header before. */
function newHash({ etag, size }: RepoFile): Hash {
  return etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Feeds what an earlier try left to the hash. What is longer than the file is none of it. */
async function hashSoFar(partial: string, { size }: RepoFile, hash: Hash): Promise<number> {
  const there = (await stat(partial).catch(() => undefined))?.size ?? 0;
  if (there === 0 || there > size) return 0;
  for await (const part of createReadStream(partial)) hash.update(part as Buffer);
  return there;
}

/** What no second try mends. */
function isFileError(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EACCES', 'EPERM', 'EROFS', 'EIO'].includes(
    (cause as NodeJS.ErrnoException).code ?? '',
  );
}

async function explained(cause: unknown, partial: string, file: RepoFile): Promise<unknown> {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (!['ENOSPC', 'EDQUOT'].includes(code)) return cause;
  // what fills a disk should not stay
  await rm(partial, { force: true });
  const problem = `${dirname(partial)}: there is no room for ${file.path} (${file.size} bytes)`;
  return new HubError(`${problem}; make room, or set HF_HOME to another place`, undefined, { cause });
}
