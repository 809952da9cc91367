/** A recorded forward, compiled: one asynchronous native job for any batch. */
import { rethrowNative, UsageError } from '../errors.js';
import { type NativeArray, native, type ProgramHandle } from '../native.js';
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
import { Graph } from './graph.js';
import { packedCacheFolder } from './packed-cache.js';
import { type Plan, plan } from './plan.js';
import { enqueue } from './queue.js';
import { rewrite } from './rules/index.js';

/** What a run hands back for one output: elements row-major, and their shape with all symbols resolved. */
export interface ProgramOutput {
  readonly data: NativeArray;
  readonly shape: readonly number[];
}

/** Options of one run. */
export interface RunOptions {
  /** Threads for this run, at most 1024; default {@link CompileOptions.threads}. */
  readonly threads?: number | undefined;
  /** Aborts a run that has not begun; one that has runs to its end (milliseconds). */
  readonly signal?: AbortSignal | undefined;
}

/** Options of compiling. */
export interface CompileOptions {
  /** Default `f32`. The others are faster and less exact; a text still gets the same bits in any batch. */
  readonly arithmetic?: Arithmetic | undefined;
  /** Threads for packing weights and default for runs, at most 1024; 0 = as many as the process may use. */
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
  readonly #handle: ProgramHandle;
  readonly #threads: number;
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
    this.#threads = threads;
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
    rewrite(graph);
    compute(graph, options.arithmetic ?? 'f32');
    const planned = plan(graph);
    const threads = options.threads ?? 0;
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
    if (this.#disposed) throw new UsageError('this program was disposed');
    checkOptions('Program.run', options, ['threads', 'signal']);
    if (typeof inputs !== 'object' || inputs === null) {
      throw new UsageError(`Program.run takes an object with an array for each input, got ${describeValue(inputs)}`);
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
    const threads = options.threads ?? this.#threads;
    const data = results.map((result) => result.data);
    this.#running++;
    try {
      await enqueue(() => typed(() => native.run(this.#handle, arrays, symbols, data, threads)), options.signal);
    } finally {
      this.#running--;
      if (this.#disposed) this.#release();
    }
    return Object.fromEntries(
      this.outputs.map((output, index) => [output.name, results[index] ?? missing(output.name)]),
    );
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

/** Every linear step in the given arithmetic. */
function compute(graph: Graph, arithmetic: Arithmetic): void {
  if (arithmetic === 'f32') return;
  graph.steps = graph.steps.map((step) =>
    step.op === 'linear' ? { ...step, attributes: { ...step.attributes, arithmetic } } : step,
  );
}

function formatOffsets(offsets: Int32Array): string {
  return `${offsets.slice(0, 8).join(', ')}${offsets.length > 8 ? ', …' : ''}`;
}

function missing(name: string): never {
  throw new RangeError(`no value "${name}" in this program`);
}
