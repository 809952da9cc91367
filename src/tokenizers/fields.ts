/** Reading fields of foreign JSON: each function checks one kind of value, or refuses naming file and field. */
import { open } from 'node:fs/promises';
import { ConfigError } from '../errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON object from a file of at most `maxBytes`. Undefined when there is no such file. */
export async function readJsonObject(path: string, maxBytes: number): Promise<JsonObject | undefined> {
  let bytes: Buffer;
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw new ConfigError(path, '', `is ${size} bytes long; at most ${maxBytes} are accepted`);
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(path, '', `cannot be read: ${message}`, { cause });
  }
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError(path, '', 'is not UTF-8', { cause });
  }
  try {
    return object(JSON.parse(content), path, '');
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(path, '', `is not JSON: ${(cause as Error).message}`, { cause });
  }
}

export function object(value: unknown, file: string, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(value, file, field, 'an object');
  return value as JsonObject;
}

export function list(value: unknown, file: string, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(value, file, field, 'a list');
  return value;
}

export function text(value: unknown, file: string, field: string): string {
  if (typeof value !== 'string') throw wrong(value, file, field, 'a string');
  return value;
}

export function boolean(value: unknown, file: string, field: string): boolean {
  if (typeof value !== 'boolean') throw wrong(value, file, field, 'true or false');
  return value;
}

export function integer(value: unknown, file: string, field: string, least: number, most = 2 ** 31 - 1): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw wrong(value, file, field, `a whole number from ${least} to ${most}`);
  }
  return value;
}

function wrong(value: unknown, file: string, field: string, expected: string): ConfigError {
  const found = value === undefined ? 'it is missing' : `found ${describe(value)}`;
  return new ConfigError(file, field, `must be ${expected}; ${found}`);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = JSON.stringify(value);
  return written.length > 60 ? `${written.slice(0, 57)}…` : written;
}
