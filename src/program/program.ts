/** A recorded forward, compiled: one asynchronous native job for any batch. */
import { rethrowNative, UsageError } from '../errors.js';
import { type NativeArray, type NativeProfile, native, type ProgramHandle } from '../native.js';
import { type Arithmetic, checkOptions, describeValue } from '../options.js';
import { arrayFor, carries, type DType } from '../tensor/dtype.js';
import {
  formatShape,
  mostElements,
  OFFSETS,
  resolveShape,
  type Shape,
  sizeOf,
  symbolSizes,
  TOKENS,
} from '../tensor/shape.js';
import { storageFault } from '../tensor/storage.js';
import { Tensor } from '../tensor/tensor.js';
import { type StepCost, stepCost } from './cost.js';
import { Graph } from './graph.js';
import { packedCacheFolder } from './packed-cache.js';
import { type Plan, plan } from './plan.js';
import { endTurn, takeTurn } from './queue.js';
import { rewrite } from './rules/index.js';
import { arithmeticOf, describeStep, labelStep, type Step } from './steps.js';

/** What a run hands back for one output: elements row-major, and their shape with all symbols resolved. */
export interface ProgramOutput {
  readonly data: NativeArray;
  readonly shape: readonly number[];
}

/** Options of one run. */
export interface RunOptions {
  /**
   * Most threads for this run, at most 1024; default {@link CompileOptions.threads}. It gets fewer while other runs
   * compute.
   */
  readonly threads?: number | undefined;
  /** Aborts a run that has not begun; one that has runs to its end (milliseconds). */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Program.profile}. */
export interface ProfileOptions extends RunOptions {
  /** Runs to take the median of; default: what takes about half a second, from 5 to 200. */
  readonly runs?: number | undefined;
}

/** What one step of a program took, and what it has to do at least. */
export interface StepProfile extends StepCost {
  readonly op: string;
  /** The step with its sizes: `linear [32,384] × [1536,384] gelu`. */
  readonly label: string;
  /** What its products are made in. */
  readonly arithmetic: Arithmetic;
  /** From its beginning until all threads have ended it. */
  readonly seconds: number;
}

/** Where the time of a run goes. All times are medians. */
export interface ProgramProfile {
  readonly threads: number;
  readonly runs: number;
  /** A whole native run, timed in runs that do not look at the clock in between. */
  readonly seconds: number;
  /** What a run takes besides its steps: finding memory, waking threads. */
  readonly besideSeconds: number;
  /**
   * Their times and `besideSeconds` add up to what a run takes that nothing disturbs. `seconds` is more where the system
   * lets other work run in between.
   */
  readonly steps: readonly StepProfile[];
}

/** Options of compiling. */
export interface CompileOptions {
  /** Default `f32`. The others are faster and less exact; a text still gets the same bits in any batch. */
  readonly arithmetic?: Arithmetic | undefined;
  /**
   * Threads for packing weights and for runs, at most 1024; 0 = as many as the process may use. Runs that go on at once
   * share them.
   */
  readonly threads?: number | undefined;
  /** Keep packed weights that come from files on the disk, and take them from there. Default false. */
  readonly cache?: boolean | undefined;
}

/** An input or output of a program. `shape` may hold symbols. */
export interface ProgramPort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * The same model code that runs eagerly, recorded once on tensors whose row counts are symbols, rewritten by the rules in
 * `rules/`, and run as one native job. Results equal eager's to the bit.
 */
export class Program {
  readonly inputs: readonly ProgramPort[];
  readonly outputs: readonly ProgramPort[];
  /** The steps as recorded and as run, one a line. */
  readonly listing: { readonly recorded: string; readonly compiled: string };
  /** Default of runs, and how many threads all runs that go on at once use together. */
  readonly threads: number;
  readonly #handle: ProgramHandle;
  readonly #steps: readonly Step[];
  #disposed = false;
  /** Runs that wait or go on; what they need is freed after the last of them. */
  #running = 0;

  private constructor(
    handle: ProgramHandle,
    graph: Graph,
    planned: Plan,
    listing: Program['listing'],
    threads: number,
  ) {
    this.#handle = handle;
    this.#steps = planned.steps.map((step) => describeStep(graph, step));
    this.threads = threads;
    this.listing = listing;
    const byName = new Map(graph.values.flatMap((value) => (value.input === undefined ? [] : [[value.input, value]])));
    this.inputs = planned.inputs.map((name) => port(name, byName.get(name)));
    this.outputs = planned.outputs.map((name) => port(name, graph.value(graph.outputs.get(name) ?? -1)));
  }

  /**
   * Records what `build` does and compiles it; weights are packed off the event loop.
   * @param build declares inputs with `graph.input(name, dtype, shape)`, calls operations, and returns the outputs by name.
   * @throws UsageError if `build` is no function or returns anything but tensors by name, at once; TensorError from `build`.
   */
  static async compile(
    build: (graph: Graph) => Readonly<Record<string, Tensor>>,
    options: CompileOptions = {},
  ): Promise<Program> {
    if (typeof build !== 'function') {
      throw new UsageError(`Program.compile takes a function that records, got ${describeValue(build)}`);
    }
    checkOptions('Program.compile', options, ['threads', 'arithmetic', 'cache']);
    const graph = new Graph();
    for (const [name, tensor] of Object.entries(checkedOutputs(build(graph)))) graph.output(name, tensor);
    const recorded = graph.toString();
    compute(graph, options.arithmetic ?? 'f32');
    rewrite(graph);
    const planned = plan(graph);
    const threads = options.threads || defaultThreads();
    const cache = options.cache ? packedCacheFolder() : '';
    const handle = await typed(() => native.compile(planned.native, threads, cache));
    return new Program(handle, graph, planned, { recorded, compiled: graph.toString() }, threads);
  }

  /**
   * Runs once. Sizes of symbols come from the inputs: all of them from `[S+1]` offsets; without offsets N from an
   * input `[N, ..]`. Native code reads the inputs while it runs: do not write to or transfer them until this settles.
   * @throws UsageError for a missing input, a wrong array type or sizes that do not agree; VectralError (code `RUN`) if
   * the run itself fails: an id outside its table, a weight file that was cut short since it was loaded.
   */
  async run(
    inputs: Readonly<Record<string, NativeArray>>,
    options: RunOptions = {},
  ): Promise<Record<string, ProgramOutput>> {
    this.#checkUsable();
    checkOptions('Program.run', options, ['threads', 'signal']);
    const { arrays, symbols, results } = this.#prepare('Program.run', inputs);
    const outputs = results.map((result) => result.data);
    await this.fill(arrays, symbols, outputs, options);
    return Object.fromEntries(
      this.outputs.map((output, index) => [output.name, results[index] ?? missing(output.name)]),
    );
  }

  /**
   * Measures where the time of a run goes: many runs on the same inputs, as one native job.
   * @throws as {@link Program.run}.
   */
  async profile(inputs: Readonly<Record<string, NativeArray>>, options: ProfileOptions = {}): Promise<ProgramProfile> {
    this.#checkUsable();
    checkOptions('Program.profile', options, ['threads', 'signal', 'runs']);
    const { arrays, symbols, results } = this.#prepare('Program.profile', inputs);
    const threads = (options.threads ?? this.threads) || native.info().threads;
    const data = results.map((result) => result.data);
    const measure = (runs: number): Promise<NativeProfile> =>
      this.#submit(() => native.profile(this.#handle, arrays, symbols, data, threads, runs), options.signal);
    let { runs } = options;
    // each run is done twice: with and without looking at the clock
    if (runs === undefined) runs = Math.min(Math.max(Math.round(0.25 / (await measure(1)).run), 5), 200);
    const { run, steps, besides } = await measure(runs);
    return {
      threads,
      runs,
      seconds: run,
      besideSeconds: besides,
      steps: this.#steps.map((step, index) => ({
        op: step.op,
        label: labelStep(step, symbols),
        arithmetic: arithmeticOf(step),
        seconds: steps[index] ?? 0,
        ...stepCost(step, symbols),
      })),
    };
  }

  /** Checks the inputs of a run, and makes what it fills. */
  #prepare(call: string, inputs: Readonly<Record<string, NativeArray>>) {
    if (typeof inputs !== 'object' || inputs === null) {
      throw new UsageError(`${call} takes an object with an array for each input, got ${describeValue(inputs)}`);
    }
    const arrays = this.inputs.map((input) => checkedInput(input, ownValue(inputs, input.name)));
    const symbols = this.#symbols(arrays);
    this.inputs.forEach((input, index) => {
      const expected = sizeOf(resolveShape(input.shape, symbols));
      if (arrays[index]?.length !== expected) {
        throw new UsageError(
          `program input "${input.name}" has ${arrays[index]?.length} elements, expected ${expected}`,
        );
      }
    });
    const results = this.outputs.map((output) => {
      const shape = resolveShape(output.shape, symbols);
      return { shape, data: outputArray(output, shape) };
    });
    return { arrays, symbols, results };
  }

  /**
   * {@link Program.run} without its checks, for callers that made the arrays themselves: those of the inputs and outputs in
   * the order of {@link Program.inputs} and {@link Program.outputs}, and the sizes of all symbols (`symbolSizes`).
   * The lists must stay as they are until this settles. Native code still refuses what does not fit the program.
   */
  async fill(
    inputs: readonly NativeArray[],
    symbols: readonly number[],
    outputs: readonly NativeArray[],
    { threads = this.threads, signal }: RunOptions = {},
  ): Promise<void> {
    this.#checkUsable();
    await this.#submit(() => native.run(this.#handle, inputs, symbols, outputs, threads, this.threads), signal);
  }

  /** Runs a native job of this program when its turn comes. */
  async #submit<T>(job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#running++;
    try {
      // a job takes fewer threads where others compute, so that as many as there are threads may do so at once
      const turn = takeTurn(this.threads, signal);
      if (turn) await turn;
      try {
        return await job();
      } catch (cause) {
        return rethrowNative(cause);
      } finally {
        endTurn();
      }
    } finally {
      this.#running--;
      if (this.#disposed) this.#release();
    }
  }

  /**
   * Bytes of packed weights this program reads (shared ones included), how many of them lie in the cache's file, and of
   * the arena of its largest run.
   */
  get memory(): { packed: number; cached: number; arena: number } {
    return this.#disposed ? { packed: 0, cached: 0, arena: 0 } : native.programMemory(this.#handle);
  }

  /** Frees the arena and this program's hold on packed weights. Runs that were begun end normally first. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }

  #checkUsable(): void {
    if (this.#disposed) throw new UsageError('this program was disposed');
  }

  #release(): void {
    if (this.#running === 0) native.programRelease(this.#handle);
  }

  #symbols(arrays: readonly NativeArray[]): readonly number[] {
    const find = (symbol: number) => this.inputs.findIndex((input) => input.shape[0] === symbol);
    const offsets = arrays[find(OFFSETS)];
    if (offsets instanceof Int32Array) {
      if (offsets[0] !== 0 || offsets.some((offset, s) => s > 0 && offset < (offsets[s - 1] ?? 0))) {
        throw new UsageError(`program offsets must begin with 0 and never fall, got [${formatOffsets(offsets)}]`);
      }
      return symbolSizes(offsets);
    }
    const at = find(TOKENS);
    const width = sizeOf(this.inputs[at]?.shape.slice(1) ?? []);
    const tokens = Math.floor((arrays[at]?.length ?? 0) / Math.max(width, 1));
    return [tokens, 1, 2, Math.min(tokens * tokens, mostElements), tokens];
  }
}

function defaultThreads(): number {
  try {
    return native.info().threads;
  } catch (cause) {
    rethrowNative(cause);
  }
}

/** What native code throws or rejects with, as an error of this package. */
async function typed<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    rethrowNative(cause);
  }
}

function checkedOutputs(outputs: unknown): Readonly<Record<string, Tensor>> {
  const mend = 'the function given to Program.compile must return its outputs by name';
  if (outputs instanceof Promise) {
    outputs.catch(() => {}); // the mistake told is that it is a promise at all
    throw new UsageError(`${mend} at once, got a Promise; do what takes time before`);
  }
  if (typeof outputs !== 'object' || outputs === null || Array.isArray(outputs) || outputs instanceof Tensor) {
    throw new UsageError(`${mend}, as { name: tensor }, got ${describeValue(outputs)}`);
  }
  for (const [name, value] of Object.entries(outputs)) {
    if (!(value instanceof Tensor)) throw new UsageError(`${mend}; "${name}" is ${describeValue(value)}, not a Tensor`);
  }
  return outputs as Readonly<Record<string, Tensor>>;
}

/** What a caller gave under `name`; what every object inherits does not count. */
function ownValue(inputs: object, name: string): unknown {
  return Object.hasOwn(inputs, name) ? (inputs as Record<string, unknown>)[name] : undefined;
}

function checkedInput({ name, dtype }: ProgramPort, data: unknown): NativeArray {
  if (data === undefined) throw new UsageError(`program input "${name}" is missing`);
  if (!carries(dtype, data)) {
    const found = Array.isArray(data) ? 'Array' : describeValue(data);
    throw new UsageError(`program input "${name}" must be ${dtype}, got ${found}`);
  }
  const fault = storageFault(data);
  if (fault) throw new UsageError(`program input "${name}" is ${fault}`);
  return data;
}

function outputArray({ name, dtype }: ProgramPort, shape: Shape): NativeArray {
  try {
    return arrayFor(dtype, sizeOf(shape));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`program output "${name}" ${formatShape(shape)} does not fit into memory; run fewer tokens`);
  }
}

function port(name: string, value: { dtype: DType; shape: Shape } | undefined): ProgramPort {
  return value ? { name, dtype: value.dtype, shape: value.shape } : missing(name);
}

/** Every step that multiplies in the given arithmetic. */
function compute(graph: Graph, arithmetic: Arithmetic): void {
  if (arithmetic === 'f32') return;
  graph.steps = graph.steps.map((step) =>
    step.op === 'linear' || step.op === 'attention'
      ? { ...step, attributes: { ...step.attributes, arithmetic } }
      : step,
  );
}

function formatOffsets(offsets: Int32Array): string {
  return `${offsets.slice(0, 8).join(', ')}${offsets.length > 8 ? ', …' : ''}`;
}

function missing(name: string): never {
  throw new RangeError(`no value "${name}" in this program`);
}
