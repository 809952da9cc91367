/** A checkpoint with a task's head and its tokenizer: texts in, the head's rows out. What every task stands on. */
import { join } from 'node:path';
import { UsageError, WeightsError } from '../../errors.js';
import { resolveModel } from '../../hub/resolve.js';
import { describe, JsonFile } from '../../json-file.js';
import { buildModel, type Limits } from '../../models/index.js';
import type { Batch, ModelOutput } from '../../nn/batch.js';
import { type Graph, Program } from '../../program/index.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Tokenizer } from '../../tokenizers/tokenizer.js';
import { Checkpoint } from '../../weights/checkpoint.js';
import { lowerCased, readSettings, readTransformerSettings } from '../folder/transformer-settings.js';
import type { ComputeOptions } from './load-options.js';
import type { TokenSequence } from './packed-batch.js';
import { SequenceProgram, type SequenceRunOptions, type SequenceSource, type TakeRows } from './sequence-program.js';

/** Tokens in one job for each thread: fewer stream the weights too often, more leave the second-level cache. */
const tokensPerJob = 256;
/** For telling before tokenizing how much work texts are. */
const charactersPerToken = 4;
/** Numbers a job's widest output may have: with a large vocabulary a job takes fewer tokens. */
const outputsPerJob = 2 ** 24;

/** A model as a task runs it. */
export interface BuiltHead {
  readonly limits: Limits;
  forward(batch: Batch): Readonly<Record<string, Tensor>>;
}

/** What a task makes of a checkpoint. */
export interface Head {
  /** Builds the model; `forward` records one, whose outputs the task reads. */
  build(config: JsonFile, checkpoint: Checkpoint): BuiltHead;
  /** Sequences say how many of their first tokens are seen by attention ({@link TokenSequence.keys}). */
  readonly keys?: boolean;
  /** What `build` reads besides the checkpoint: closed with it. */
  readonly checkpoints?: readonly Checkpoint[];
}

/**
 * The head that config.json names.
 * @param end of the names in `architectures` that have it: `ForSequenceClassification`.
 * @param outputs what of the model's output the task reads.
 */
export function namedHead(
  end: string,
  outputs: (output: ModelOutput, batch: Batch) => Readonly<Record<string, Tensor>>,
): Head {
  return {
    build(config, checkpoint) {
      const { architectures } = config.value;
      const named: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
      if (typeof named !== 'string' || !named.endsWith(end)) {
        const wanted = `must name a class …${end}, which has the head this task needs`;
        throw config.error('architectures', `${wanted}, got ${describe(named)}`);
      }
      const model = buildModel(config, checkpoint);
      if ('encode' in model) {
        const problem = `holds the encoder alone, without the head of ${named}, which config.json names and this task needs`;
        throw new WeightsError(`${checkpoint.source}: ${problem}`);
      }
      return { limits: model.limits, forward: (batch) => outputs(model.forward(batch), batch) };
    },
  };
}

/** A sequence, and how many ids were cut off it. */
export interface TokenizedSequence extends TokenSequence {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
  readonly truncated: number;
}

/** One head, loaded and compiled. */
export class HeadModel {
  readonly folder: string;
  readonly config: JsonFile;
  readonly tokenizer: Tokenizer;
  /** Most tokens that the model has positions for. */
  readonly positions: number;
  /** Longest sequence in tokens, special ones included. */
  readonly maxSeqLength: number;
  /** Last axis of each output, in the order the head lists them. */
  readonly widths: readonly number[];
  /** Texts go to lower case before they are tokenized. */
  readonly #lowerCase: boolean;
  /** The model tells the texts of a pair apart by segments. */
  readonly #segments: boolean;
  readonly #sequences: SequenceProgram;

  private constructor(parts: {
    folder: string;
    config: JsonFile;
    tokenizer: Tokenizer;
    limits: { positions: number; maxSeqLength: number; lowerCase: boolean; segments: boolean };
    widths: readonly number[];
    sequences: SequenceProgram;
  }) {
    this.folder = parts.folder;
    this.config = parts.config;
    this.tokenizer = parts.tokenizer;
    this.positions = parts.limits.positions;
    this.maxSeqLength = parts.limits.maxSeqLength;
    this.#lowerCase = parts.limits.lowerCase;
    this.#segments = parts.limits.segments;
    this.widths = parts.widths;
    this.#sequences = parts.sequences;
  }

  /**
   * Loads a folder, or a model by its id.
   * @param call what messages name: `CrossEncoder.load`.
   * @throws ConfigError if config.json names no class with the head; else as `SentenceTransformer.load`.
   */
  static async load(
    call: string,
    idOrFolder: string,
    head: Head,
    options: ComputeOptions & { readonly maxLength?: number | undefined },
  ): Promise<HeadModel> {
    if (idOrFolder === undefined) throw new UsageError(`${call} needs the id or the folder of a model`);
    const checkpoints = [...(head.checkpoints ?? [])];
    let program: Program | undefined;
    try {
      options.signal?.throwIfAborted();
      const folder = await resolveModel(idOrFolder, options);
      const config = await JsonFile.read(join(folder, 'config.json'));
      options.signal?.throwIfAborted();
      const checkpoint = await Checkpoint.open(folder, { mmap: options.mmap ?? true });
      checkpoints.push(checkpoint);
      const built = head.build(config, checkpoint);
      const { threads, dtype = checkpoint.quantization, cache = true, batchTokens } = options;
      const record = (graph: Graph) => built.forward(inputsOf(graph, head.keys ?? false));
      const compiling = Program.compile(record, { threads, arithmetic: dtype, cache });
      // Native code packs the weights while the tokenizer is read.
      const reading = Tokenizer.load(folder);
      await Promise.allSettled([compiling, reading]);
      program = await compiling;
      const tokenizer = await reading;
      const positions = built.limits.maxTokens;
      const settings = readTransformerSettings(await readSettings(folder), tokenizer, config, positions);
      options.signal?.throwIfAborted();
      const widths = program.outputs.map(({ shape }) => shape[1] ?? 1);
      const most = Math.max(16, Math.floor(outputsPerJob / Math.max(1, ...widths)));
      const sequences = new SequenceProgram(program, checkpoints, batchTokens ?? Math.min(tokensPerJob, most));
      const maxSeqLength = limited(call, settings.maxSeqLength, options.maxLength, tokenizer);
      const { lowerCase } = settings;
      const limits = { positions, maxSeqLength, lowerCase, segments: built.limits.tokenTypes > 1 };
      return new HeadModel({ folder, config, tokenizer, limits, widths, sequences });
    } catch (error) {
      program?.dispose();
      for (const open of checkpoints) open.close();
      throw error;
    }
  }

  /** Runs sequences in groups and gives `take` what came of each. */
  run(source: SequenceSource, take: TakeRows, options: SequenceRunOptions): Promise<void> {
    // a tokenizer may number segments where the model has a single one
    const unsegmented = (index: number) => ({ ...source.tokenize(index), tokenTypeIds: undefined });
    const tokenize = this.#segments ? source.tokenize : unsegmented;
    return this.#sequences.run({ estimates: source.estimates, tokenize }, take, options);
  }

  /** @throws UsageError once the model was disposed. */
  checkUsable(): void {
    this.#sequences.checkUsable();
  }

  /** The text as the model was trained on it. */
  cased(text: string): string {
    return this.#lowerCase ? lowerCased(text) : text;
  }

  /** A text or a pair as one sequence; of what is longer than `maxLength`, ids are cut off the longer text. */
  tokenize(text: string, second?: string, maxLength = this.maxSeqLength): TokenizedSequence {
    const pair = second === undefined ? undefined : this.cased(second);
    const options = { pair, truncation: true, maxLength };
    const { ids, typeIds, truncated } = this.tokenizer.encode(this.cased(text), options);
    return { inputIds: ids, tokenTypeIds: typeIds, truncated };
  }

  /** How many tokens so many characters may be. */
  estimate(characters: number): number {
    const special = this.tokenizer.pairSpecialTokensCount;
    return Math.min(special + Math.ceil(characters / charactersPerToken), this.maxSeqLength);
  }

  dispose(): Promise<void> {
    return this.#sequences.dispose();
  }
}

function inputsOf(graph: Graph, keys: boolean): Batch {
  return {
    inputIds: graph.input('inputIds', 'i32', [TOKENS]),
    tokenTypeIds: graph.input('tokenTypeIds', 'i32', [TOKENS]),
    offsets: graph.input('offsets', 'i32', [OFFSETS]),
    ...(keys && { keys: graph.input('keys', 'i32', [SEQUENCES]) }),
    trace: () => {},
  };
}

function limited(call: string, limit: number, wanted: number | undefined, tokenizer: Tokenizer): number {
  if (wanted === undefined) return limit;
  const least = tokenizer.pairSpecialTokensCount + 1;
  if (Number.isInteger(wanted) && wanted >= least && wanted <= limit) return wanted;
  throw new UsageError(`${call}: maxLength must be a whole number from ${least} to ${limit}, got ${wanted}`);
}
