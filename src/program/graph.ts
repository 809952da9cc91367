/** A recorded forward: values and the steps that make them. Rules rewrite it, plan.ts gives every value a place. */
import { UsageError } from '../errors.js';
import type { NativeAttributes } from '../native.js';
import { describeValue } from '../options.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { formatShape, mostAxes, mostElements, type Shape, symbolCount } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** One `[out, in]` weight with its bias, as a linear step reads it. */
export interface LinearPart {
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

/** An operation with its operands: what an eager call runs and a graph records. */
export interface OpCall {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly dtype: DType;
  readonly shape: Shape;
  readonly attributes?: NativeAttributes;
  readonly weights?: readonly LinearPart[];
}

export interface GraphValue {
  readonly dtype: DType;
  readonly shape: Shape;
  /** A run-time input's name, a tensor known while recording, or neither: a step makes it. */
  readonly input?: string;
  readonly constant?: Tensor;
}

export interface GraphStep {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly attributes: NativeAttributes;
  readonly weights?: readonly LinearPart[] | undefined;
}

/** Grows while a forward is recorded; the index of a value is its name. */
export class Graph {
  /** @internal */
  readonly values: GraphValue[] = [];
  /** @internal */
  steps: GraphStep[] = [];
  /** Values a run hands back, by name. */
  readonly outputs = new Map<string, number>();
  readonly #constants = new Map<Tensor, number>();

  /**
   * A tensor whose values arrive at run time. `shape` may hold symbols.
   * @throws UsageError for a name that is taken, or a name, dtype or shape that cannot be one.
   */
  input(name: string, dtype: DType, shape: Shape): Tensor {
    if (typeof name !== 'string') throw new UsageError(`a program input needs a name, got ${describeValue(name)}`);
    if (!dtypes.includes(dtype)) {
      throw new UsageError(`program input "${name}" must have dtype ${dtypes.join(', ')}, got ${describeValue(dtype)}`);
    }
    checkShape(name, shape);
    if (this.values.some((value) => value.input === name))
      throw new UsageError(`the program has an input "${name}" already`);
    return Tensor.recordedIn(this, this.add({ input: name, dtype, shape }), dtype, shape);
  }

  /** Hands `tensor` back under `name` when the program runs. */
  output(name: string, tensor: Tensor): void {
    if (!(tensor instanceof Tensor)) {
      throw new UsageError(`program output "${name}" must be a Tensor, got ${describeValue(tensor)}`);
    }
    this.outputs.set(name, this.valueOf(tensor));
  }

  /** @internal Records a call and gives its result. */
  record(call: OpCall): Tensor {
    const output = this.add({ dtype: call.dtype, shape: call.shape });
    this.steps.push({
      op: call.op,
      inputs: call.inputs.map((tensor) => this.valueOf(tensor)),
      output,
      attributes: call.attributes ?? {},
      weights: call.weights,
    });
    return Tensor.recordedIn(this, output, call.dtype, call.shape);
  }

  /** @internal */
  add(value: GraphValue): number {
    this.values.push(value);
    return this.values.length - 1;
  }

  /** @internal */
  value(index: number): GraphValue {
    const value = this.values[index];
    if (value === undefined) throw new RangeError(`no value ${index} in this program`);
    return value;
  }

  /** @internal Steps that read `value`. */
  readers(value: number): GraphStep[] {
    return this.steps.filter((step) => step.inputs.includes(value));
  }

  /** @internal */
  isOutput(value: number): boolean {
    return [...this.outputs.values()].includes(value);
  }

  /** One line a step: `%5 = linear(%3) [N,1536]`. */
  toString(): string {
    const name = (index: number) =>
      this.value(index).input ?? (this.value(index).constant ? `const${index}` : `%${index}`);
    return this.steps
      .map((step) => {
        const extra = Object.entries(step.attributes).map(([key, value]) => `${key}=${value}`);
        const parts = step.weights && step.weights.length > 1 ? [`${step.weights.length} weights`] : [];
        const { dtype, shape } = this.value(step.output);
        const type = dtype === 'f32' || dtype === 'i32' ? '' : dtype;
        return `${name(step.output)} = ${step.op}(${[...step.inputs.map(name), ...parts, ...extra].join(', ')}) ${type}${formatShape(shape)}`;
      })
      .join('\n');
  }

  private valueOf(tensor: Tensor): number {
    if (tensor.recorded) {
      if (tensor.recorded.graph !== this) throw new UsageError('a tensor of one recorded program was used in another');
      return tensor.recorded.value;
    }
    let value = this.#constants.get(tensor);
    if (value === undefined) {
      value = this.add({ constant: tensor, dtype: tensor.dtype, shape: tensor.shape });
      this.#constants.set(tensor, value);
    }
    return value;
  }
}

function checkShape(name: string, shape: unknown): void {
  if (!Array.isArray(shape) || shape.length > mostAxes) {
    const found = Array.isArray(shape) ? `${shape.length} axes` : describeValue(shape);
    throw new UsageError(
      `program input "${name}" must have a shape, a list of at most ${mostAxes} sizes, got ${found}`,
    );
  }
  for (let axis = 0; axis < shape.length; axis++) {
    const size: unknown = shape[axis];
    const valid = typeof size === 'number' && Number.isInteger(size) && size >= -symbolCount && size <= mostElements;
    if (valid) continue;
    throw new UsageError(
      `program input "${name}" must have whole numbers from 0 or symbols as sizes, got ${describeValue(size)} on axis ${axis}`,
    );
  }
}
