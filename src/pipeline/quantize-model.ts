/** A model folder with its matrices in int8 or bf16: what a service ships. */
import { cp, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../errors.js';
import { resolveModel } from '../hub/resolve.js';
import { type HubOptions, hubOptionNames } from '../hub/settings.js';
import { JsonFile } from '../json-file.js';
import { matricesOf } from '../models/index.js';
import { native } from '../native.js';
import { convert } from '../ops/index.js';
import { checkOptions, describeValue } from '../options.js';
import { bytesPer } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Checkpoint } from '../weights/checkpoint.js';
import { type Quantization, quantizationMetadata } from '../weights/quantization.js';
import { type TensorSource, writeTensorSources } from '../weights/safetensors.js';

/** Options of {@link quantize}. */
export interface QuantizeModelOptions extends HubOptions {
  /** `int8` (default), a quarter of float32, or `bf16`, half of it. */
  readonly dtype?: Quantization | undefined;
  /** Replace the model folder that is there. Default false: it is an error. */
  readonly force?: boolean | undefined;
}

/** What {@link quantize} wrote. */
export interface QuantizedModel {
  readonly folder: string;
  /** Bytes of the weight files before and now. */
  readonly before: number;
  readonly after: number;
}

/** What a model folder is besides weights: what loading reads, and what its users may. */
const kept = /\.(json|txt|model|md)$|^(LICENSE|NOTICE)/i;
const weightIndex = /\.index\.json$/;
const weightFile = /\.(safetensors|bin)$/;
/** Folders of other frameworks' weights. */
const leftOut = /^(onnx|openvino|coreml|tf|flax|\..*)$/i;

/**
 * Writes a model folder whose matrices are quantized; whatever else it has is as it was. Loading it computes in that
 * `dtype` unless told otherwise; any will do. The folder is complete or not there: it is written beside and renamed.
 * @param idOrFolder as for `SentenceTransformer.load`; a head's matrices are quantized too.
 * @throws UsageError if `out` exists (with `force`: is no model folder), holds the model or lies in it, or the model is
 * quantized already; else as `SentenceTransformer.load`.
 */
export async function quantize(
  idOrFolder: string,
  out: string,
  options: QuantizeModelOptions = {},
): Promise<QuantizedModel> {
  checkOptions('quantize', options, [...hubOptionNames, 'dtype', 'force']);
  const { dtype = 'int8', force = false } = options;
  if (dtype !== 'int8' && dtype !== 'bf16')
    throw new UsageError(`quantize: dtype must be int8 or bf16, got ${describeValue(dtype)}`);
  if (typeof out !== 'string' || out === '')
    throw new UsageError(`quantize: ${describeValue(out)} is no folder to write`);
  const source = await realpath(await resolveModel(idOrFolder, options));
  const target = await placeOf(resolve(out));
  await checkTarget(source, target, force);
  const fresh = `${target}.${process.pid}.new`;
  try {
    const sizes = await write(source, fresh, dtype);
    if (force) await rm(target, { recursive: true, force: true });
    await mkdir(dirname(target), { recursive: true });
    await rename(fresh, target);
    return { folder: target, ...sizes };
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** The path without links, also of what does not exist yet. */
async function placeOf(path: string): Promise<string> {
  if (await exists(path)) return realpath(path);
  return join(await placeOf(dirname(path)), basename(path));
}

/** Nothing is lost: not the model itself, and nothing that is no model. */
async function checkTarget(source: string, target: string, force: boolean): Promise<void> {
  if (target === source) throw new UsageError(`quantize: ${target} is the model itself; write to another folder`);
  if (source.startsWith(target + sep) || target.startsWith(source + sep))
    throw new UsageError(`quantize: one of ${source} and ${target} lies in the other; write beside the model`);
  if (!(await exists(target))) return;
  if (!force) throw new UsageError(`${target} exists; give another folder, or force to replace it`);
  const names = await readdir(target).catch(() => [target]);
  if (names.length > 0 && !names.includes('config.json') && !names.includes('modules.json'))
    throw new UsageError(`${target} is no model folder, and force replaces nothing else; give another folder`);
}

async function write(source: string, target: string, dtype: Quantization): Promise<{ before: number; after: number }> {
  let before = 0;
  let after = 0;
  let transformers = 0;
  for (const folder of await foldersOf(source)) {
    const names = await readdir(folder);
    const place = join(target, relative(source, folder));
    await mkdir(place, { recursive: true });
    const weights = names.filter((name) => weightFile.test(name));
    const config = names.includes('config.json') ? await JsonFile.read(join(folder, 'config.json')) : undefined;
    const isTransformer = weights.length > 0 && config?.has('model_type') === true;
    if (isTransformer) {
      transformers++;
      const sizes = await quantizeFolder(folder, config, join(place, 'model.safetensors'), dtype);
      before += sizes.before;
      after += sizes.after;
    }
    for (const name of names) {
      const weight = weightFile.test(name) || weightIndex.test(name);
      // small modules keep their weights
      if (weight ? !isTransformer : kept.test(name))
        await cp(join(folder, name), join(place, name), { dereference: true });
    }
  }
  if (transformers === 0) throw new UsageError(`${source} has no transformer (config.json beside weights) to quantize`);
  return { before, after };
}

/** The folder and those below it, but for other frameworks'. Links are followed: the cache is made of them. */
async function foldersOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory() && !leftOut.test(entry.name));
  const nested = await Promise.all(below.map(({ name }) => foldersOf(join(root, name))));
  return [root, ...nested.flat()];
}

async function quantizeFolder(folder: string, config: JsonFile, file: string, dtype: Quantization) {
  const checkpoint = await Checkpoint.open(folder);
  try {
    if (checkpoint.quantization !== undefined) {
      throw new UsageError(
        `${checkpoint.source} is quantized to ${checkpoint.quantization} already; take the original`,
      );
    }
    const matrices = matricesOf(config, checkpoint);
    const sources = checkpoint.names.flatMap((name): TensorSource[] => {
      const tensor = checkpoint.tensor(name);
      if (!matrices.has(name)) return [plain(name, tensor)];
      return dtype === 'bf16' ? [inBf16(name, tensor)] : inInt8(name, tensor);
    });
    await writeTensorSources(file, sources, quantizationMetadata(dtype));
    const bytes = await Promise.all(checkpoint.files.map(async ({ path }) => (await stat(path)).size));
    return { before: bytes.reduce((sum, size) => sum + size, 0), after: (await stat(file)).size };
  } finally {
    checkpoint.close();
  }
}

function plain(name: string, tensor: Tensor): TensorSource {
  const bytes = () => bytesOf(tensor.toArray());
  return {
    name,
    dtype: tensor.dtype.toUpperCase(),
    shape: tensor.shape,
    size: tensor.size * bytesPer(tensor.dtype),
    bytes,
  };
}

function inBf16(name: string, tensor: Tensor): TensorSource {
  const { shape, size } = tensor;
  const bytes = () => bytesOf((tensor.dtype === 'bf16' ? tensor : convert(convert(tensor, 'f32'), 'bf16')).toArray());
  return { name, dtype: 'BF16', shape, size: 2 * size, bytes };
}

/** The scales are written far from the values, and each is made when it is written: that costs less than keeping all. */
function inInt8(name: string, tensor: Tensor): TensorSource[] {
  const { shape } = tensor;
  const [rows = 0] = shape;
  const make = () => native.quantizeWeight(tensor.handle);
  return [
    { name, dtype: 'I8', shape, size: tensor.size, bytes: () => bytesOf(make().values) },
    { name: `${name}_scale`, dtype: 'F32', shape: [rows], size: 4 * rows, bytes: () => bytesOf(make().scale) },
  ];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
