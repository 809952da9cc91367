/** Files that are whole at every moment, whenever the process ends. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';

/**
 * Has `write` write to a file beside `path`, which nothing else has, and puts it in place of `path` at the end; what stood there
 * stays as it was if `write` fails. A link keeps pointing where it does. What is no file, such as a pipe, is written to as it is.
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => undefined);
  if (there && !there.isFile()) return writeTo(target, write);
  const beside = `${target}.${randomUUID()}.part`;
  try {
    await writeTo(beside, write);
    await rename(beside, target);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    if (cause instanceof Error) cause.message = cause.message.replaceAll(beside, target);
    throw cause;
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
