/** JSON files of model folders, read with a check at every field: what is wrong is said with file and field. */
import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from './errors.js';

/** No config or index of a real model comes near this; tokenizer.json has its own reader. */
const maxConfigBytes = 64 * 2 ** 20;

type Json = Record<string, unknown>;

/** An object of a JSON file, and the path to it inside the file. */
export class JsonFile {
  readonly file: string;
  readonly value: Json;
  readonly #path: string;

  constructor(file: string, value: unknown, path = '') {
    this.file = file;
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigError(file, path, `must be a JSON object, got ${describe(value)}`);
    }
    this.value = value as Json;
  }

  /** Reads a file whose top level is an object. */
  static async read(file: string): Promise<JsonFile> {
    return new JsonFile(file, await readJson(file));
  }

  /** As {@link JsonFile.read}, but undefined if the file does not exist. */
  static async readOptional(file: string): Promise<JsonFile | undefined> {
    return (await JsonFile.exists(file)) ? JsonFile.read(file) : undefined;
  }

  /** False only if there is no such file; what cannot be looked at is reported when it is read. */
  static exists(file: string): Promise<boolean> {
    return stat(file).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
  }

  error(field: string, problem: string): ConfigError {
    return new ConfigError(this.file, this.#path === '' ? field : `${this.#path}.${field}`, problem);
  }

  has(field: string): boolean {
    return Object.hasOwn(this.value, field) && this.value[field] !== null;
  }

  /** A whole number in [min, max]; `fallback` if the field is absent or null. */
  integer(field: string, range: { min?: number; max?: number; fallback?: number } = {}): number {
    const { min = 1, max = 2 ** 31 - 1, fallback } = range;
    const value = this.#get(field, fallback, 'a whole number');
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw this.error(field, `must be a whole number from ${min} to ${max}, got ${describe(value)}`);
    }
    return value;
  }

  /** A list of whole numbers in [min, max]; `fallback` if the field is absent or null. */
  integers(field: string, range: { min?: number; max?: number; fallback?: readonly number[] } = {}): readonly number[] {
    const { min = 1, max = 2 ** 31 - 1, fallback } = range;
    const value = this.#get(field, fallback, 'a list of whole numbers');
    const fits = (item: unknown) => typeof item === 'number' && Number.isInteger(item) && item >= min && item <= max;
    if (Array.isArray(value) && value.every(fits)) return value;
    throw this.error(field, `must be a list of whole numbers from ${min} to ${max}, got ${describe(value)}`);
  }

  /** A finite number from `min`. */
  number(field: string, range: { min?: number; fallback?: number } = {}): number {
    const value = this.#get(field, range.fallback, 'a number');
    if (typeof value !== 'number' || !Number.isFinite(value) || value < (range.min ?? Number.NEGATIVE_INFINITY)) {
      throw this.error(
        field,
        `must be a number${range.min === undefined ? '' : ` from ${range.min}`}, got ${describe(value)}`,
      );
    }
    return value;
  }

  string(field: string, fallback?: string): string {
    const value = this.#get(field, fallback, 'a string');
    if (typeof value !== 'string') throw this.error(field, `must be a string, got ${describe(value)}`);
    return value;
  }

  boolean(field: string, fallback?: boolean): boolean {
    const value = this.#get(field, fallback, 'true or false');
    if (typeof value !== 'boolean') throw this.error(field, `must be true or false, got ${describe(value)}`);
    return value;
  }

  /** An object one level down; an empty one if the field is absent and `optional`. */
  object(field: string, optional = false): JsonFile {
    const value = this.#get(field, optional ? {} : undefined, 'an object');
    return new JsonFile(this.file, value, this.#path === '' ? field : `${this.#path}.${field}`);
  }

  /** All entries, which must be strings. */
  strings(): [string, string][] {
    return Object.entries(this.value).map(([key, value]) => {
      if (typeof value !== 'string') throw this.error(key, `must be a string, got ${describe(value)}`);
      return [key, value];
    });
  }

  #get(field: string, fallback: unknown, wanted: string): unknown {
    if (this.has(field)) return this.value[field];
    if (fallback === undefined) throw this.error(field, `is missing; it must be ${wanted}`);
    return fallback;
  }
}

/** Parses a JSON file of any shape. @throws ConfigError if it cannot be read, is too large, or is not JSON in UTF-8. */
export async function readJson(file: string, maxBytes = maxConfigBytes): Promise<unknown> {
  return parseJson(await readJsonBytes(file, maxBytes), file);
}

/** A JSON file, not yet parsed. @throws ConfigError if it cannot be read, is too large, or is not UTF-8. */
export async function readJsonBytes(file: string, maxBytes: number): Promise<Buffer> {
  const bytes = await readSome(file, maxBytes).catch((cause: Error) => {
    throw cause instanceof ConfigError
      ? cause
      : new ConfigError(file, '', `cannot be read: ${cause.message}`, { cause });
  });
  if (!isUtf8(bytes)) throw new ConfigError(file, '', 'is not UTF-8');
  return bytes;
}

/** What a file's bytes say. @throws ConfigError if that is not JSON. */
export function parseJson(bytes: Buffer, file: string): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text); // a byte order mark
  } catch (cause) {
    throw new ConfigError(file, '', `is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readSome(file: string, maxBytes: number): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > maxBytes) throw new ConfigError(file, '', `is ${size} bytes long; at most ${maxBytes} are accepted`);
  return readFile(file);
}

/** A value of a file as messages show it: never long, and lists and objects by kind only, however deep they are. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && value.length > 60) return `${JSON.stringify(value.slice(0, 60))}…`;
  return JSON.stringify(value) ?? String(value);
}
