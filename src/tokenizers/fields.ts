/** Reading fields of foreign JSON: each function checks one kind of value, or refuses naming file and field. */
import { ConfigError } from '../errors.js';
import { describe, JsonFile, readJson } from '../json-file.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON object from a file of at most `maxBytes`. Undefined when there is no such file. */
export async function readJsonObject(path: string, maxBytes: number): Promise<JsonObject | undefined> {
  return (await JsonFile.exists(path)) ? object(await readJson(path, maxBytes), path, '') : undefined;
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
