/** The weights of a model folder: one safetensors file, or shards with an index. */
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { WeightsError } from '../errors.js';
import { JsonFile } from '../json-file.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SafetensorsEntry, SafetensorsFile } from './safetensors.js';

const single = 'model.safetensors';
const index = 'model.safetensors.index.json';

/** Old TensorFlow conversions call LayerNorm's parameters gamma and beta; here they have today's names only. */
function modernName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

/** All tensors of a folder by (modern) name. */
export class Checkpoint {
  readonly folder: string;
  readonly files: readonly SafetensorsFile[];
  readonly #tensors = new Map<string, { file: SafetensorsFile; entry: SafetensorsEntry }>();

  private constructor(folder: string, files: readonly SafetensorsFile[]) {
    this.folder = folder;
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
   * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
   * @throws WeightsError for a folder without either, ConfigError for an index that lies.
   */
  static async open(folder: string, options: { mmap?: boolean } = {}): Promise<Checkpoint> {
    const paths = (await exists(join(folder, single)))
      ? [join(folder, single)]
      : (await exists(join(folder, index)))
        ? await shardsOf(folder)
        : await noWeights(folder);
    const files: SafetensorsFile[] = [];
    try {
      for (const path of paths) files.push(await SafetensorsFile.open(path, options));
      const checkpoint = new Checkpoint(folder, files);
      if (paths.length > 1 || !(await exists(join(folder, single)))) await checkpoint.#checkIndex();
      return checkpoint;
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** The weight file, or the index of several: what messages name. */
  get source(): string {
    return this.files.length === 1 && this.files[0] ? this.files[0].path : join(this.folder, index);
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** The header entry of a tensor, or undefined. */
  entry(name: string): SafetensorsEntry | undefined {
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

  async #checkIndex(): Promise<void> {
    const json = await JsonFile.read(join(this.folder, index));
    for (const [name, shard] of json.object('weight_map').strings()) {
      const found = this.#tensors.get(modernName(name));
      if (!found || basename(found.file.path) !== shard) {
        throw json.error(`weight_map.${name}`, `says ${shard}, which has no such tensor`);
      }
    }
  }
}

async function shardsOf(folder: string): Promise<string[]> {
  const json = await JsonFile.read(join(folder, index));
  const shards = [
    ...new Set(
      json
        .object('weight_map')
        .strings()
        .map(([, shard]) => shard),
    ),
  ];
  if (shards.length === 0) throw json.error('weight_map', 'is empty');
  for (const shard of shards) {
    if (!/^[^\\/]+\.safetensors$/.test(shard)) {
      throw json.error('weight_map', `names "${shard}"; a shard is a .safetensors file in the folder itself`);
    }
    if (!(await exists(join(folder, shard)))) {
      throw json.error('weight_map', `names ${shard}, which is not in the folder; fetch the missing file`);
    }
  }
  return shards.map((shard) => join(folder, shard));
}

async function noWeights(folder: string): Promise<never> {
  const pickle = await exists(join(folder, 'pytorch_model.bin'));
  throw new WeightsError(
    pickle
      ? `${folder} has pytorch_model.bin (a pickle, which can run code) but no ${single}; convert it: model.save_pretrained(folder, safe_serialization=True)`
      : `${folder} has neither ${single} nor ${index}`,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
