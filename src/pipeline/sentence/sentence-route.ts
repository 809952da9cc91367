/** One way from texts to vectors: its modules, compiled, and its tokenizer. A model has one, or one for each task. */
import { checkOptions } from '../../options.js';
import type { Program } from '../../program/index.js';
import { symbolSizes } from '../../tensor/shape.js';
import { Tokenizer } from '../../tokenizers/tokenizer.js';
import type { WhitespaceTokenizer } from '../../tokenizers/whitespace.js';
import type { ModuleEntry } from '../folder/sentence-folder.js';
import { lowerCased } from '../folder/transformer-settings.js';
import type { LoadOptions } from '../run/load-options.js';
import { packBatch, readIds, readRows, type TokenSequence } from '../run/packed-batch.js';
import type { Group } from '../run/text-groups.js';
import { readTexts } from '../run/texts.js';
import type { EncodeInput } from './encode-options.js';
import type { TextReading } from './modules/first-module.js';
import { compileModules, loadModules, type SentenceModules } from './sentence-modules.js';

/** For telling before tokenizing how much work texts are: characters of a token, and special tokens. */
const charactersPerToken = 4;

/** Texts, or ready ids, of one call. */
export interface SentenceSource {
  /** How many tokens each may have. */
  readonly estimates: readonly number[];
  readonly tokenize: (index: number) => TokenSequence;
  /** Texts that were cut; filled as they are tokenized. */
  readonly truncated: number[];
  /** Tokens of the prompt that the pooling leaves out. */
  readonly promptLength: number;
}

/** Inputs of the program, in its order: inputIds, tokenTypeIds, offsets and, if the pooling leaves prompts out, start. */
export type RouteInputs = { readonly offsets: Int32Array } & Readonly<Record<string, Int32Array>>;

export class SentenceRoute {
  readonly modules: SentenceModules;
  readonly program: Program;
  readonly #reading: TextReading;

  private constructor(modules: SentenceModules, program: Program, reading: TextReading) {
    this.modules = modules;
    this.program = program;
    this.#reading = reading;
  }

  /** @param entries the modules; undefined: the folder's encoder and the mean of its rows. */
  static async load(
    folder: string,
    entries: readonly ModuleEntry[] | undefined,
    options: LoadOptions,
  ): Promise<SentenceRoute> {
    const modules = await loadModules(folder, entries, options);
    let program: Program | undefined;
    try {
      const { threads, dtype = modules.checkpoints[0]?.quantization, cache = true } = options;
      // Native code packs the weights while the tokenizer is read.
      const compiling = compileModules(modules, { threads, arithmetic: dtype, cache });
      const reading = modules.first.readText();
      await Promise.allSettled([compiling, reading]);
      program = await compiling;
      const text = await reading;
      options.signal?.throwIfAborted();
      return new SentenceRoute(modules, program, text);
    } catch (error) {
      program?.dispose();
      for (const checkpoint of modules.checkpoints) checkpoint.close();
      throw error;
    }
  }

  get dimension(): number {
    return this.modules.dimension;
  }

  get tokenizer(): Tokenizer | WhitespaceTokenizer {
    return this.#reading.tokenizer;
  }

  get maxSeqLength(): number {
    return this.#reading.maxSeqLength;
  }

  /** How to tokenize each text of a call. @throws UsageError for what are no texts or ids. */
  source(input: EncodeInput, prompt: string, task: string | undefined): SentenceSource {
    const truncated: number[] = [];
    if (typeof input === 'object' && input !== null && 'inputIds' in input) {
      checkOptions('encode', input, ['inputIds'], 'its input');
      const limits = { maxLength: this.maxSeqLength, below: this.modules.first.encoder.limits.vocabSize };
      const rows = readIds('inputIds', readRows('inputIds', input.inputIds), limits);
      const tokenize = (index: number): TokenSequence => ({ inputIds: rows[index] ?? [] });
      return { estimates: rows.map((ids) => ids.length), tokenize, truncated, promptLength: 0 };
    }
    const texts = readTexts(input);
    const { tokenizer, specialTokens } = this.#reading;
    const maxSeqLength = this.#reading.taskLengths.get(task ?? '') ?? this.maxSeqLength;
    const tokenize = (index: number): TokenSequence => {
      const text = this.#cased(prompt + texts[index]);
      const { ids, typeIds, truncated: cut } = tokenizer.sequence(text, maxSeqLength, specialTokens);
      if (cut > 0) truncated.push(index);
      return { inputIds: ids, tokenTypeIds: typeIds };
    };
    const around = specialTokens ? tokenizer.specialTokensCount : 0;
    const estimate = (text: string) =>
      Math.min(around + Math.ceil((prompt.length + text.length) / charactersPerToken), maxSeqLength);
    return { estimates: texts.map(estimate), tokenize, truncated, promptLength: this.#promptLength(prompt) };
  }

  /** The prompt as a text of its own, less the special token that ends it; 0 where the pooling takes prompts in. */
  #promptLength(prompt: string): number {
    if (prompt === '' || this.modules.pooling.includePrompt) return 0;
    const { tokenizer, maxSeqLength } = this.#reading;
    const text = this.#cased(prompt);
    if (!(tokenizer instanceof Tokenizer)) return tokenizer.sequence(text, maxSeqLength).ids.length;
    const { ids, specialTokensMask } = tokenizer.encode(text, { truncation: true, maxLength: maxSeqLength });
    return ids.length - (specialTokensMask[ids.length - 1] ?? 0);
  }

  /** Computes a group and puts its rows in their places, of a row's first `dimension` components. */
  async run(
    { indices, sequences, threads }: Group,
    promptLength: number,
    { data, dimension }: { data: Float32Array; dimension: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const inputs = this.inputs(sequences, promptLength);
    const width = this.dimension;
    const first = indices[0] ?? 0;
    const direct = dimension === width && indices.every((index, row) => index === first + row);
    const rows = direct
      ? data.subarray(first * width, (first + indices.length) * width)
      : new Float32Array(indices.length * width);
    await this.program.fill(Object.values(inputs), symbolSizes(inputs.offsets), [rows], { threads, signal });
    if (direct) return;
    indices.forEach((index, row) => {
      data.set(rows.subarray(row * width, row * width + dimension), index * dimension);
    });
  }

  /** The program's inputs for a batch, in its order. */
  inputs(sequences: readonly TokenSequence[], promptLength: number): RouteInputs {
    const batch = packBatch(sequences);
    if (this.modules.pooling.includePrompt) return { ...batch };
    return { ...batch, start: new Int32Array(sequences.length).fill(promptLength) };
  }

  dispose(): void {
    this.program.dispose();
    for (const checkpoint of this.modules.checkpoints) checkpoint.close();
  }

  #cased(text: string): string {
    return this.#reading.lowerCase ? lowerCased(text) : text;
  }
}
