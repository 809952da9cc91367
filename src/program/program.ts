/** A recorded forward, compiled: one asynchronous native job for any batch. */
import { rethrowNative, UsageError } from '../errors.js';
import { type NativeArray, native, type ProgramHandle } from '../native.js';
import { arrayFor, carries, type DType } from '../tensor/dtype.js';
import { OFFSETS, resolveShape, type Shape, sizeOf, symbolSizes, TOKENS } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Graph } from './graph.js';
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
  /** Threads for this run; default {@link CompileOptions.threads}. */
  readonly threads?: number | undefined;
  /** Aborts a run that has not begun; one that has runs to its end (milliseconds). */
  readonly signal?: AbortSignal | undefined;
}

/** What linear layers round their operands to before they multiply; sums are float32, or exact integers for int8. */
export type Arithmetic = 'f32' | 'bf16' | 'int8';

/** Options of compiling. */
export interface CompileOptions {
  /** Default `f32`. The others are faster and less exact; a text still gets the same bits in any batch. */
  readonly arithmetic?: Arithmetic | undefined;
  /** Threads for packing weights and default for runs; 0 = as many as the process may use. */
  readonly threads?: number | undefined;
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
   */
  static async compile(
    build: (graph: Graph) => Readonly<Record<string, Tensor>>,
    options: CompileOptions = {},
  ): Promise<Program> {
    const graph = new Graph();
    for (const [name, tensor] of Object.entries(build(graph))) graph.output(name, tensor);
    const recorded = graph.toString();
    rewrite(graph);
    compute(graph, options.arithmetic ?? 'f32');
    const planned = plan(graph);
    const threads = options.threads ?? 0;
    const handle = await native.compile(planned.native, threads).catch(rethrowNative);
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
    const arrays = this.inputs.map((input) => this.#checked(input, inputs[input.name]));
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
      return { shape, data: arrayFor(output.dtype, sizeOf(shape)) };
    });
    const threads = options.threads ?? this.#threads;
    const data = results.map((result) => result.data);
    this.#running++;
    try {
      await enqueue(
        () => native.run(this.#handle, arrays, symbols, data, threads).catch(rethrowNative),
        options.signal,
      );
    } finally {
      this.#running--;
      if (this.#disposed) this.#release();
    }
    return Object.fromEntries(
      this.outputs.map((output, index) => [output.name, results[index] ?? missing(output.name)]),
    );
  }

  /** Bytes of packed weights this program reads (shared ones included) and of the arena of its largest run. */
  get memory(): { packed: number; arena: number } {
    return this.#disposed ? { packed: 0, arena: 0 } : native.programMemory(this.#handle);
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

  #checked(input: ProgramPort, data: NativeArray | undefined): NativeArray {
    if (data === undefined) throw new UsageError(`program input "${input.name}" is missing`);
    if (!carries(input.dtype, data)) {
      throw new UsageError(`program input "${input.name}" must be ${input.dtype}, got ${data.constructor.name}`);
    }
    return data;
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
    return [tokens, 1, 2, tokens * tokens, tokens];
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
