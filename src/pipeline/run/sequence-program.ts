/** A compiled model that reads token ids, run over any number of sequences: in groups, each one native job. */
import { UsageError } from '../../errors.js';
import type { Program } from '../../program/index.js';
import { resolveShape, sizeOf, symbolSizes, TOKENS } from '../../tensor/shape.js';
import type { Checkpoint } from '../../weights/checkpoint.js';
import { packBatch, type TokenSequence } from './packed-batch.js';
import { type Group, groupTexts } from './text-groups.js';

/** Sequences, tokenized when their group is made. */
export interface SequenceSource {
  /** How many tokens each may have: what decides about groups before it is tokenized. */
  readonly estimates: readonly number[];
  readonly tokenize: (index: number) => TokenSequence;
}

/**
 * Gets what came of one sequence, by its place in the source: of each output of the program, in order, the sequence's own
 * rows: one `[1, ..]`, or one for each token `[T, ..]`. Views of memory that the whole group shares.
 */
export type TakeRows = (index: number, outputs: readonly Float32Array[]) => void;

/** How {@link SequenceProgram.run} runs. */
export interface SequenceRunOptions {
  readonly batchTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The program, what it holds open, and the calls that go on. */
export class SequenceProgram {
  readonly #program: Program;
  readonly #checkpoints: readonly Checkpoint[];
  readonly #tokensPerJob: number;
  #running = 0;
  #idle: (() => void) | undefined;
  #disposed = false;

  /**
   * @param program its inputs are inputIds, tokenTypeIds, offsets and, if it asks for them, keys.
   * @param tokensPerJob most tokens in one job for each thread, unless a run says otherwise.
   */
  constructor(program: Program, checkpoints: readonly Checkpoint[], tokensPerJob: number) {
    this.#program = program;
    this.#checkpoints = checkpoints;
    this.#tokensPerJob = tokensPerJob;
  }

  /** @throws UsageError once the model was disposed. */
  checkUsable(): void {
    if (this.#disposed) throw new UsageError('this model was disposed');
  }

  /** Calls `take` for each sequence, as groups end. */
  async run(
    { estimates, tokenize }: SequenceSource,
    take: TakeRows,
    { batchTokens, signal, onProgress }: SequenceRunOptions,
  ): Promise<void> {
    this.checkUsable();
    signal?.throwIfAborted();
    const { threads } = this.#program;
    const alone = batchTokens ?? this.#tokensPerJob;
    const together = batchTokens ?? this.#tokensPerJob * threads;
    const running: Promise<void>[] = [];
    let done = 0;
    const run = async (group: Group) => {
      await this.#compute(group, take, signal);
      done += group.indices.length;
      onProgress?.(done, estimates.length);
    };
    this.#running++;
    try {
      for (const group of groupTexts(estimates, tokenize, { threads, together, alone })) {
        signal?.throwIfAborted();
        const job = run(group);
        job.catch(() => {}); // awaited below, maybe after it failed
        running.push(job);
        if (running.length > threads) await running.shift();
      }
      for (let job = running.shift(); job; job = running.shift()) await job;
    } finally {
      if (running.length > 0) await Promise.allSettled(running);
      if (--this.#running === 0) this.#idle?.();
    }
    signal?.throwIfAborted();
  }

  /** Takes nothing more, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#program.dispose();
    for (const checkpoint of this.#checkpoints) checkpoint.close();
  }

  async #compute({ indices, sequences, threads }: Group, take: TakeRows, signal?: AbortSignal): Promise<void> {
    const { inputIds, tokenTypeIds, offsets } = packBatch(sequences);
    const symbols = symbolSizes(offsets);
    const ports = this.#program.outputs;
    const outputs = ports.map(({ shape }) => new Float32Array(sizeOf(resolveShape(shape, symbols))));
    const keys = sequences.map((sequence) => sequence.keys ?? sequence.inputIds.length);
    const inputs = [inputIds, tokenTypeIds, offsets, Int32Array.from(keys)].slice(0, this.#program.inputs.length);
    await this.#program.fill(inputs, symbols, outputs, { threads, signal });
    indices.forEach((index, s) => {
      const rows = outputs.map((data, o) => {
        const [first, ...rest] = ports[o]?.shape ?? [];
        const [begin, end] = first === TOKENS ? [offsets[s], offsets[s + 1]] : [s, s + 1];
        return data.subarray((begin ?? 0) * sizeOf(rest), (end ?? 0) * sizeOf(rest));
      });
      take(index, rows);
    });
  }
}
