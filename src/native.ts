/** The compiled addon: where it is found, and its face. The only file that loads it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import packageRoot from '../package-root.cjs';
import { AddonError } from './errors.js';
import type { NativeVectors } from './native-vectors.js';
import type { Arithmetic } from './options.js';

export type * from './native-vectors.js';

/** Opaque references to native objects; they free what they hold when released or collected. */
export type TensorHandle = { readonly __tensor: unique symbol };
export type WeightsHandle = { readonly __weights: unique symbol };
export type ProgramHandle = { readonly __program: unique symbol };

/** Typed arrays that carry tensors: `Uint16Array` holds the bits of f16 and bf16. */
export type NativeArray = Float32Array | Uint16Array | Float64Array | Int8Array | Int32Array | BigInt64Array;

/** Attributes of an operation (native/program/attributes.h has the same fields). */
export interface NativeAttributes {
  heads?: number;
  scale?: number;
  causal?: boolean;
  eps?: number;
  activation?: string;
  arithmetic?: string;
  norm?: string;
  mode?: string;
  function?: string;
  axis?: number;
  begin?: number;
  order?: readonly number[];
  bias?: string;
  window?: number;
  padding?: number;
  size?: number;
  reverse?: boolean;
  cumulative?: boolean;
}

/** One `[out, in]` weight with its bias; a linear step may stack several along `out`. */
export interface NativeLinearPart {
  weight: TensorHandle;
  bias?: TensorHandle | undefined;
  /** Of an i8 weight. */
  scale?: TensorHandle | undefined;
}

export interface NativeStep {
  op: string;
  inputs: readonly number[];
  output: number;
  attributes: NativeAttributes;
  weights?: readonly NativeLinearPart[] | undefined;
}

/** Where a value of a program lives. A negative shape entry is a symbol: -1 - index into `symbols` of `run`. */
export interface NativeValue {
  kind: 'input' | 'output' | 'constant' | 'slot' | 'alias';
  dtype: string;
  shape: readonly number[];
  /** input, output, slot: which one. alias: the value it views. */
  index?: number | undefined;
  /** constant */
  tensor?: TensorHandle | undefined;
  /** alias: first element, and elements from row to row (0: contiguous). */
  offset?: number | undefined;
  rowStride?: number | undefined;
}

export interface NativePlan {
  values: readonly NativeValue[];
  slots: number;
  inputs: number;
  outputs: number;
  steps: readonly NativeStep[];
}

/** A tensor of a safetensors file, as the header states it. */
export interface NativeWeightEntry {
  name: string;
  /** As the file writes it: F32, F16, BF16, I64 … */
  dtype: string;
  shape: readonly number[];
  /** Bytes from the start of the data section. */
  begin: number;
  end: number;
}

/** What the addon found and chose. */
export interface NativeInfo {
  isa: string;
  runnable: string[];
  built: string[];
  features: string[];
  /** CPUs this process may use: affinity mask and cgroup quota. */
  cpus: number;
  /** Default thread count: VECTRAL_THREADS, or `cpus`. */
  threads: number;
  /** kernel → the instruction set that provides it */
  kernels: Record<string, string>;
  ops: string[];
}

/** Medians of many runs of a program, in seconds. */
export interface NativeProfile {
  /** A whole run, without a look at the clock in between. */
  run: number;
  /** Each step of the plan, in runs of their own. */
  steps: number[];
  /** What those runs took besides their steps. */
  besides: number;
}

/** What the kernels in use do at best, all threads together. */
export interface NativePeaks {
  /** Operations a second with operands in registers, a multiply-add counting as two. */
  operations: Record<Arithmetic, number>;
  /** Bytes a second, by the bytes that each thread reads over and over; rising. */
  reads: { bytes: number; bytesPerSecond: number }[];
}

/** Tables of a tokenizer's tokens (native/core/vocabulary.h says what is in them). */
export interface NativeVocabulary {
  units: Uint16Array;
  bounds: Int32Array;
  ids: Int32Array;
  hashes: Int32Array;
  slots: Int32Array;
  places: Int32Array;
  longest: number;
}

export interface Native extends NativeVectors {
  info(): NativeInfo;

  /** Copies `data`. f16 and bf16 take Uint16Array of bits. */
  tensorFrom(data: NativeArray, dtype: string, shape: readonly number[]): TensorHandle;
  /** A copy. f16 and bf16 come as Uint16Array of bits. */
  tensorRead(tensor: TensorHandle): NativeArray;
  /** The same bytes under another shape of equal size; shares storage. */
  tensorReshape(tensor: TensorHandle, shape: readonly number[]): TensorHandle;
  tensorRelease(tensor: TensorHandle): void;

  /**
   * Opens, maps (or reads) and validates a safetensors file, or one of another format whose `entries` (bytes from the start of
   * the file) were read before. Rejects with one sentence that names file and field.
   */
  openWeights(path: string, mmap: boolean, entries?: readonly NativeWeightEntry[]): Promise<WeightsHandle>;
  /** A matrix `[n, k]` as int8 arithmetic takes it: rotated rows, and for each what its values are multiplied by. */
  quantizeWeight(weight: TensorHandle): { values: Int8Array; scale: Float32Array };
  weightsEntries(weights: WeightsHandle): NativeWeightEntry[];
  weightsMetadata(weights: WeightsHandle): Record<string, string>;
  /** A view into the file; keeps it mapped. */
  weightsTensor(weights: WeightsHandle, name: string): TensorHandle;
  weightsRelease(weights: WeightsHandle): void;

  /** Runs one operation now, on the calling thread and the pool. */
  execute(
    op: string,
    inputs: readonly TensorHandle[],
    attributes: NativeAttributes,
    dtype: string,
    shape: readonly number[],
    weights: readonly NativeLinearPart[] | undefined,
    threads: number,
  ): TensorHandle;

  /**
   * Parses a plan and packs its weights off the calling thread, or finds them packed in `cache`, a folder ('': none).
   */
  compile(plan: NativePlan, threads: number, cache: string): Promise<ProgramHandle>;
  /**
   * One asynchronous job of at most `threads` threads; all jobs of a program that go on at once use at most `together`.
   * `outputs` are filled; neither the lists nor their arrays may be touched until the promise settles.
   */
  run(
    program: ProgramHandle,
    inputs: readonly NativeArray[],
    symbols: readonly number[],
    outputs: readonly NativeArray[],
    threads: number,
    together: number,
  ): Promise<void>;
  /** One asynchronous job of 1 + 2 · `runs` runs. Otherwise as `run`. */
  profile(
    program: ProgramHandle,
    inputs: readonly NativeArray[],
    symbols: readonly number[],
    outputs: readonly NativeArray[],
    threads: number,
    runs: number,
  ): Promise<NativeProfile>;
  /** Bytes: packed weights this program uses (shared ones included), those of them in a cache file, its largest arena. */
  programMemory(program: ProgramHandle): { packed: number; cached: number; arena: number };
  programRelease(program: ProgramHandle): void;

  /**
   * Measures what the machine does at best, about 50 ms for each arithmetic and each size read. All threads together
   * read at most `mostBytes`; 0: no reads.
   */
  measurePeaks(threads: number, mostBytes: number): Promise<NativePeaks>;

  /** The vocabulary object of a tokenizer.json, which is bytes [begin, end), if there is one without any fault. */
  scanVocabulary(json: Uint8Array): (NativeVocabulary & { begin: number; end: number }) | undefined;
  /** The same of a list of pieces and scores. */
  scanPieces(json: Uint8Array): (NativeVocabulary & { scores: Float64Array; begin: number; end: number }) | undefined;
  /** Token i is `units` [bounds[i], bounds[i + 1]). A number: the first token that repeats another, or its id. */
  indexVocabulary(units: Uint16Array, bounds: Int32Array, ids: Int32Array): NativeVocabulary | number;
}

/** `linux-x64-glibc`, `darwin-arm64`: the folder a prebuilt addon for this process lies in. */
function platformName(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return name;
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  // Left in, the report looks up the names of open sockets' peers, which can take seconds.
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before ?? false;
  return `${name}-${header?.glibcVersionRuntime ? 'glibc' : 'musl'}`;
}

/** The addon file: `VECTRAL_ADDON` if set, else one built here, else the one shipped for this platform. */
function addonFile(): string {
  const forced = process.env.VECTRAL_ADDON;
  if (forced) {
    if (existsSync(forced)) return path.resolve(forced);
    throw new AddonError(
      `VECTRAL_ADDON names '${forced}', and there is no such file. Unset it or give the path of vectral.node.`,
    );
  }
  const built = path.join(packageRoot, 'build', 'Release', 'vectral.node');
  if (existsSync(built)) return built;
  const prebuilt = path.join(packageRoot, 'prebuilds', platformName(), 'vectral.node');
  if (existsSync(prebuilt)) return prebuilt;
  throw new AddonError(
    `vectral has no compiled addon for ${platformName()}: neither ${built} nor ${prebuilt} exists. ` +
      "Build it in a clone of vectral's repository with 'npm ci' (a C++20 compiler and Python 3 are needed), " +
      'and set VECTRAL_ADDON to the path of its build/Release/vectral.node.',
  );
}

function loadAddon(): Native {
  const file = addonFile();
  try {
    return createRequire(path.join(packageRoot, 'package.json'))(file) as Native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AddonError(
      `the addon ${file} cannot be loaded: ${reason}. ` +
        "Build it for this platform with 'npm ci' in a clone of vectral's repository, or set VECTRAL_ADDON.",
      { cause },
    );
  }
}

export const native: Native = loadAddon();
