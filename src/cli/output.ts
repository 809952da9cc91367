/** Where results go: standard output, or a file. Both take bytes no faster than they can be written. */
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { VectralError } from '../errors.js';

export interface Sink {
  write(data: string | Uint8Array): Promise<void>;
  /** Overwrites what stands at `position`. Only where the sink is a file. */
  patch?(position: number, data: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** `path` undefined: standard output. */
export async function openSink(path: string | undefined): Promise<Sink> {
  return path === undefined ? standardOutput : fileSink(path);
}

const standardOutput: Sink = {
  async write(data) {
    if (!process.stdout.write(data)) await once(process.stdout, 'drain');
  },
  async close() {},
};

async function fileSink(path: string): Promise<Sink> {
  let file: FileHandle;
  try {
    file = await open(path, 'w');
  } catch (cause) {
    throw new VectralError('OUTPUT', `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
  const seekable = (await file.stat()).isFile();
  return {
    async write(data) {
      await file.appendFile(data);
    },
    ...(seekable && {
      async patch(position: number, data: Uint8Array) {
        await file.write(data, 0, data.length, position);
      },
    }),
    close: () => file.close(),
  };
}
