/** The weights of a model folder: one file, or shards with an index; safetensors, or PyTorch's where there are none. */
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { WeightsError } from '../errors.js';
import { JsonFile } from '../json-file.js';
import type { Tensor } from '../tensor/tensor.js';
import { PytorchFile } from './pytorch.js';
import { type Quantization, readQuantization } from './quantization.js';
import { SafetensorsFile } from './safetensors.js';
import type { WeightEntry, WeightFile } from './weight-file.js';

/** The forms weights come in; the first that a folder has counts. */
const forms = [
  { single: 'model.safetensors', shard: /^[^\\/]+\.safetensors$/, open: SafetensorsFile.open },
  { single: 'pytorch_model.bin', shard: /^[^\\/]+\.bin$/, open: PytorchFile.open },
] as const;
type Form = (typeof forms)[number];

/** Old TensorFlow conversions call LayerNorm's parameters gamma and beta; here they have today's names only. */
function modernName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

/** All tensors of a folder by (modern) name. */
export class Checkpoint {
  readonly folder: string;
  readonly files: readonly WeightFile[];
  /** The weight file, or the index of several: what messages name. */
  readonly source: string;
  readonly #tensors = new Map<string, { file: WeightFile; entry: WeightEntry }>();

  private constructor(folder: string, source: string, files: readonly WeightFile[]) {
    this.folder = folder;
    this.source = source;
    this.files = files;
    for (const file of files) {
      for (const entry of file.entries) {
        const name = modernName(entry.name);
        const earlier = this.#tensors.get(name);
        if (earlier) {
          throw new WeightsError(
            `${file.path}: tensor "${entry.name}" stands in ${basename(earlier.file.path)} already`,
          );
        }
        this.#tensors.set(name, { file, entry });
      }
    }
  }

  /**
   * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names; without either `pytorch_model.bin`,
   * or its shards.
   * @throws WeightsError for a folder without any, ConfigError for an index that lies.
   */
  static async open(folder: string, options: { mmap?: boolean } = {}): Promise<Checkpoint> {
    const found = await findForm(folder);
    const indexed = found.source.endsWith('.json') ? await JsonFile.read(found.source) : undefined;
    const paths = indexed === undefined ? [found.source] : await shardsOf(folder, indexed, found.form);
    const files: WeightFile[] = [];
    try {
      for (const path of paths) files.push(await found.form.open(path, options));
      const checkpoint = new Checkpoint(folder, found.source, files);
      if (indexed) checkpoint.#checkIndex(indexed);
      return checkpoint;
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** What `vectral quantize` made of it; undefined for any other. @throws WeightsError for one of a later version. */
  get quantization(): Quantization | undefined {
    const [file] = this.files;
    if (file?.metadata.quantization === undefined) return undefined;
    return readQuantization(file.metadata, file.path);
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** The header entry of a tensor, or undefined. */
  entry(name: string): WeightEntry | undefined {
    return this.#tensors.get(name)?.entry;
  }

  /** The tensor in place. @throws WeightsError if there is none. */
  tensor(name: string): Tensor {
    const found = this.#tensors.get(name);
    if (!found) throw new WeightsError(`${this.source}: no tensor "${name}"`);
    return found.file.tensor(found.entry.name);
  }

  /** The file a tensor lies in, for messages. */
  fileOf(name: string): string {
    return this.#tensors.get(name)?.file.path ?? this.folder;
  }

  close(): void {
    for (const file of this.files) file.close();
  }

  #checkIndex(json: JsonFile): void {
    for (const [name, shard] of json.object('weight_map').strings()) {
      const found = this.#tensors.get(modernName(name));
      if (!found || basename(found.file.path) !== shard) {
        throw json.error(`weight_map.${name}`, `says ${shard}, which has no such tensor`);
      }
    }
  }
}

async function findForm(folder: string): Promise<{ form: Form; source: string }> {
  for (const form of forms) {
    for (const name of [form.single, `${form.single}.index.json`]) {
      if (await exists(join(folder, name))) return { form, source: join(folder, name) };
    }
  }
  throw new WeightsError(`${folder} has neither model.safetensors, model.safetensors.index.json nor pytorch_model.bin`);
}

async function shardsOf(folder: string, json: JsonFile, form: Form): Promise<string[]> {
  const named = json.object('weight_map').strings();
  const shards = [...new Set(named.map(([, shard]) => shard))];
  if (shards.length === 0) throw json.error('weight_map', 'is empty');
  for (const shard of shards) {
    if (!form.shard.test(shard)) {
      const kind = form.single.slice(form.single.lastIndexOf('.'));
      throw json.error('weight_map', `names "${shard}"; a shard is a ${kind} file in the folder itself`);
    }
    if (!(await exists(join(folder, shard)))) {
      throw json.error('weight_map', `names ${shard}, which is not in the folder; fetch the missing file`);
    }
  }
  return shards.map((shard) => join(folder, shard));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
