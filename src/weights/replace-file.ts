/** Files that are whole at every moment, whenever the process ends. */
import { randomUUID } from 'node:crypto';
import { access, constants, type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';

const abandonedAfter = 3600 * 1000; // milliseconds

/**
 * Has `write` write to a path beside `path`, which nothing else has, and puts that in place of `path` at the end; what stood there
 * stays as it was if `write` fails. A link keeps pointing where it does. What is no file, such as a pipe, is written to as it is.
 */
export async function replacePath(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => undefined);
  if (there && !there.isFile()) return write(target);
  const beside = `${target}.${randomUUID()}.part`;
  try {
    await write(beside);
    await rename(beside, target);
    await removeAbandoned(target);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    if (cause instanceof Error) cause.message = cause.message.replaceAll(beside, path);
    throw cause;
  }
}

/** What a process left that was killed while it wrote: no writing pauses for an hour. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  const begin = `${basename(target)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(begin) || !/^[0-9a-f-]{36}\.part$/.test(name.slice(begin.length))) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > abandonedAfter) await rm(path, { force: true }).catch(() => {});
  }
}

/** As {@link replacePath}, with the file open. */
export function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  return replacePath(path, (beside) => writeTo(beside, write));
}

/**
 * Tells before long work that its result has no place: `path` names a folder where a file is wanted or the other way round, cannot
 * be written, or is one of the files that are read meanwhile.
 * @throws UsageError that begins with `what`.
 */
export async function checkPlace(
  what: string,
  path: string,
  kind: 'file' | 'folder',
  readFrom: readonly string[],
): Promise<void> {
  const refuse = (problem: string): never => {
    throw new UsageError(`${what}: ${path} ${problem}`);
  };
  const there = await stat(path).catch(() => undefined);
  const found = there?.isDirectory() ? 'folder' : 'file';
  if (there && found !== kind) refuse(`is a ${found}, not a ${kind}`);
  let nearest = resolve(path);
  if (!there && kind === 'file' && !(await stat(dirname(nearest)).catch(() => undefined)))
    refuse('cannot be written: its folder is not there');
  while (!(await stat(nearest).catch(() => undefined))) nearest = dirname(nearest);
  await access(nearest, constants.W_OK).catch((cause: NodeJS.ErrnoException) =>
    refuse(`cannot be written (${cause.code})`),
  );
  if (nearest !== resolve(path) && !(await stat(nearest)).isDirectory())
    refuse(`cannot be written: ${nearest} is a file`);
  if (!there) return;
  if (there.isFile()) {
    // What is there is replaced by what is written beside it.
    const folder = dirname(await realpath(path));
    await access(folder, constants.W_OK).catch((cause: NodeJS.ErrnoException) =>
      refuse(`cannot be replaced: nothing can be written to its folder (${cause.code})`),
    );
  }
  for (const file of readFrom) {
    const read = await stat(file).catch(() => undefined);
    if (read && read.ino === there.ino && read.dev === there.dev) refuse('is read from too; name another');
  }
}

async function writeTo(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await write(file);
  } finally {
    await file.close();
  }
}
