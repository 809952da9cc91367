/** What a training has come to, in one safetensors file. */
import { WeightsError } from '../errors.js';
import { checkPath } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { checkPlace } from '../weights/replace-file.js';
import { SafetensorsFile, writeSafetensors } from '../weights/safetensors.js';
import { type Corpus, filesOf, separators } from './corpus.js';

const version = 1;
const checkpointSeconds = 600;

/** Words in the bytes that the text had, a newline after each. */
export interface StoredVocabulary {
  readonly words: Uint8Array;
  readonly counts: BigInt64Array;
}

/** Writes tensors beside a vocabulary; `key` in the metadata tells whose training it is. */
export async function writeState(
  path: string,
  key: string,
  { words, counts }: StoredVocabulary,
  tensors: Readonly<Record<string, Tensor>>,
  { settings, position }: { settings: object; position: object },
): Promise<void> {
  const letters = Tensor.from(new Int8Array(words.buffer, words.byteOffset, words.length));
  const all = { ...tensors, words: letters, counts: Tensor.from(counts) };
  await writeSafetensors(path, all, { [key]: JSON.stringify({ version, settings, position }) });
}

/** An open file that {@link writeState} wrote. */
export class StateFile {
  /** Not checked yet. */
  readonly settings: object;
  readonly #position: Readonly<Record<string, unknown>>;
  readonly #file: SafetensorsFile;
  readonly #path: string;
  readonly #key: string;

  private constructor(path: string, key: string, file: SafetensorsFile, writer: string) {
    this.#path = path;
    this.#key = key;
    this.#file = file;
    const text = file.metadata[key] ?? this.refuse(`no "${key}" in its metadata; is it what ${writer} wrote?`);
    let metadata: { version?: unknown; settings?: unknown; position?: unknown } = {};
    try {
      metadata = Object(JSON.parse(text));
    } catch {
      this.refuse(`"${key}" of its metadata is no JSON; the file is damaged`);
    }
    if (metadata.version !== version)
      this.refuse(`"version" of "${key}" is ${metadata.version}; this release reads ${version}`);
    this.settings = Object(metadata.settings);
    this.#position = Object(metadata.position);
  }

  /** @throws WeightsError for a file that is none of these, or damaged. */
  static async open(path: string, key: string, writer: string): Promise<StateFile> {
    const file = await SafetensorsFile.open(path);
    try {
      return new StateFile(path, key, file, writer);
    } catch (cause) {
      file[Symbol.dispose]();
      throw cause;
    }
  }

  /** @throws WeightsError that names the file. */
  refuse(problem: string): never {
    throw new WeightsError(`${this.#path}: ${problem}`);
  }

  /** What `read` gives; its error, as one of the file's. */
  checked<T>(read: () => T, suffix = ''): T {
    try {
      return read();
    } catch (cause) {
      return this.refuse(`${cause instanceof Error ? cause.message : cause}${suffix}`);
    }
  }

  /** A count of the position. */
  whole(name: string): number {
    const value = this.#position[name];
    if (!Number.isSafeInteger(value) || Number(value) < 0)
      this.refuse(`"position.${name}" of "${this.#key}" must be a whole number, got ${value}`);
    return Number(value);
  }

  number(name: string): number {
    const value = this.#position[name];
    if (!Number.isFinite(value)) this.refuse(`"position.${name}" of "${this.#key}" must be a number, got ${value}`);
    return Number(value);
  }

  vocabulary(): StoredVocabulary {
    const letters = this.tensor('words', 'I8', 1).toArray() as Int8Array;
    const words = new Uint8Array(letters.buffer, letters.byteOffset, letters.length);
    if (words.some((byte) => separators.includes(byte)))
      this.refuse('"words" holds a space within a word; the file is damaged');
    const counts = this.tensor('counts', 'I64', 1).toArray() as BigInt64Array;
    if (counts.some((count) => count < 1n)) this.refuse('"counts" holds a number below 1; the file is damaged');
    return { words, counts };
  }

  tensor(name: string, dtype: string, rank: number): Tensor {
    const entry = this.#file.entries.find((candidate) => candidate.name === name);
    if (entry?.dtype !== dtype || entry.shape.length !== rank)
      this.refuse(`"${name}" must be a tensor of ${dtype} with ${rank} dimensions; the file is damaged`);
    return this.#file.tensor(name);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Has `write` keep a training, if there is to be a checkpoint: at each end, and every ten minutes. */
export function keeper<Position>(
  checkpoint: string | undefined,
  write: (checkpoint: string, position: Position) => Promise<void>,
): (position: Position, end: boolean) => Promise<void> {
  let kept = performance.now();
  return async (position, end) => {
    if (checkpoint === undefined || (!end && performance.now() - kept < checkpointSeconds * 1000)) return;
    await write(checkpoint, position);
    kept = performance.now();
  };
}

/** @throws UsageError for a checkpoint that cannot be written or is a file of the corpus. */
export async function checkCheckpoint(call: string, corpus: Corpus, checkpoint: string | undefined): Promise<void> {
  if (checkpoint === undefined) return;
  checkPath(`${call}: checkpoint`, checkpoint);
  await checkPlace(`${call}: checkpoint`, checkpoint, 'file', filesOf(corpus) ?? []);
}
