/** Weights by the checkpoint's own path, with every mismatch collected and reported at once. */
import { ConfigError, VectralError, WeightsError } from '../errors.js';
import { convert } from '../ops/index.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Checkpoint } from './checkpoint.js';

/** What all scopes of one model have found so far. */
class Ledger {
  readonly read = new Set<string>();
  /** Of those, the matrices that are only multiplied with or looked up in. */
  readonly matrices = new Set<string>();
  readonly missing: string[] = [];
  readonly misshapen: string[] = [];
}

const floats = ['F32', 'F16', 'BF16', 'F64'];
/** A long list helps nobody: the first names of each kind say enough. */
const shownNames = 20;

/**
 * A place in a checkpoint: `w.at('attention.self').matrix('query.weight', 384, 384)` reads `…attention.self.query.weight`.
 * While a model is built nothing throws: absent tensors are stood in for, and {@link WeightScope.finish} reports all of them.
 */
export class WeightScope {
  readonly path: string;
  readonly #checkpoint: Checkpoint;
  readonly #ledger: Ledger;

  private constructor(checkpoint: Checkpoint, path: string, ledger: Ledger) {
    this.#checkpoint = checkpoint;
    this.path = path;
    this.#ledger = ledger;
  }

  /** The top of a checkpoint. */
  static of(checkpoint: Checkpoint): WeightScope {
    return new WeightScope(checkpoint, '', new Ledger());
  }

  /** A level down: `w.at('encoder.layer', 3, 'output')`. */
  at(...path: readonly (string | number)[]): WeightScope {
    return new WeightScope(
      this.#checkpoint,
      [this.path, ...path].filter((part) => part !== '').join('.'),
      this.#ledger,
    );
  }

  /** A level down if any tensor stands below it, else this scope: for prefixes such as `bert.` that some files have. */
  atOptional(prefix: string): WeightScope {
    const below = this.at(prefix);
    return this.#checkpoint.names.some((name) => name.startsWith(`${below.path}.`)) ? below : this;
  }

  /** Names of the matrices that were read: what can be quantized. */
  get matrices(): ReadonlySet<string> {
    return this.#ledger.matrices;
  }

  /** True if the checkpoint has this tensor. */
  has(name: string): boolean {
    return this.#checkpoint.entry(this.at(name).path) !== undefined;
  }

  /**
   * `[rows, cols]`, for `linear` and `embedding`, in the file's own type: F32, F16 or BF16 stay as they are, F64 becomes f32.
   * In a quantized checkpoint I8, with the scale of each row in `…_scale`.
   */
  matrix(name: string, rows: number, cols: number): Tensor {
    this.#ledger.matrices.add(this.at(name).path);
    const entry = this.#checkpoint.entry(this.at(name).path);
    if (this.#checkpoint.quantization === 'int8' && entry?.dtype === 'I8' && sameShape(entry.shape, [rows, cols])) {
      this.#ledger.read.add(this.at(name).path);
      return this.#checkpoint.tensor(this.at(name).path).scaledBy(this.vector(`${name}_scale`, rows));
    }
    const tensor = this.#tensor(name, [rows, cols]);
    return tensor.dtype === 'f64' ? convert(tensor, 'f32') : tensor;
  }

  /** Any shape, as f32: what is rearranged before it is used. */
  tensor(name: string, shape: Shape): Tensor {
    return convert(this.#tensor(name, shape), 'f32');
  }

  /** `[size]` as f32: biases and norm parameters. */
  vector(name: string, size: number): Tensor {
    return convert(this.#tensor(name, [size]), 'f32');
  }

  /**
   * Builds what reads from here, and ends with {@link WeightScope.finish}. What is computed of weights while they are read may
   * fail on what stands in for absent ones: then it is these that are reported.
   */
  build<T>(make: () => T, ignored: readonly RegExp[] = []): T {
    let made: T;
    try {
      made = make();
    } catch (error) {
      const { missing, misshapen } = this.#ledger;
      const computed = error instanceof VectralError && !(error instanceof ConfigError);
      if (computed && missing.length + misshapen.length > 0) this.finish(ignored);
      throw error;
    }
    this.finish(ignored);
    return made;
  }

  /**
   * Ends building: throws one error that lists every missing, misshapen and unread tensor.
   * @param ignored names a model knowingly leaves unread, such as buffers and heads it does not have.
   */
  finish(ignored: readonly RegExp[] = []): void {
    const unused = this.#checkpoint.names.filter(
      (name) => !this.#ledger.read.has(name) && !ignored.some((pattern) => pattern.test(name)),
    );
    const problems = [
      list('missing', this.#ledger.missing),
      list('of another shape or type', this.#ledger.misshapen),
      list('not used by this model', unused),
    ].filter((line) => line !== '');
    if (problems.length > 0) {
      throw new WeightsError(`${this.#checkpoint.source}: the weights do not fit config.json; ${problems.join('; ')}`);
    }
  }

  #tensor(name: string, shape: Shape): Tensor {
    const { path } = this.at(name);
    const entry = this.#checkpoint.entry(path);
    this.#ledger.read.add(path);
    if (entry && floats.includes(entry.dtype) && sameShape(entry.shape, shape)) return this.#checkpoint.tensor(path);
    if (entry) {
      const found = `${entry.dtype}${formatShape(entry.shape)}`;
      this.#ledger.misshapen.push(`${path} is ${found}, expected a float type ${formatShape(shape)}`);
    } else {
      this.#ledger.missing.push(path);
    }
    return standIn(shape);
  }
}

/** Stands in for an absent tensor until `finish` throws; its size does not matter, so a lying config costs no memory. */
function standIn(shape: Shape): Tensor {
  const one = Tensor.zeros(shape.map(() => 1));
  return Tensor.fromHandle(one.handle, 'f32', shape);
}

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  const shown = names.slice(0, shownNames).map((name) => (name.length > 200 ? `${name.slice(0, 200)}…` : name));
  return `${what} (${names.length}): ${shown.join(', ')}${more}`;
}
