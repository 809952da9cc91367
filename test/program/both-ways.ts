/** Runs the same code eagerly and as a program, and demands the same bits. */
import { expect } from 'vitest';
import type { NativeArray } from '../../src/native.js';
import { Program } from '../../src/program/index.js';
import { arrayFor, type DType } from '../../src/tensor/dtype.js';
import { resolveShape, type Shape, sizeOf, symbolSizes } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { Random } from '../reference/random.js';

export type Tensors = Readonly<Record<string, Tensor>>;
/** Inputs of a program: element type and shape, symbols included. `offsets` is filled with the batch's. */
export type Ports = Readonly<Record<string, readonly [dtype: DType, shape: Shape]>>;
export type Build = (inputs: Tensors) => Tensors;

/** The ids and starts that fill whole-number inputs lie below this. */
export const idsBelow = 10;

export function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, s) => {
    offsets[s + 1] = offsets[s]! + length;
  });
  return offsets;
}

/** Arrays of the sizes that sequences of these lengths need. */
export function arraysFor(ports: Ports, lengths: readonly number[], seed = 1): Record<string, NativeArray> {
  const offsets = offsetsOf(lengths);
  const random = new Random(seed);
  const fill = (name: string, dtype: DType, shape: Shape): NativeArray => {
    if (name === 'offsets') return offsets;
    const data = arrayFor(dtype, sizeOf(resolveShape(shape, symbolSizes(offsets))));
    for (let i = 0; i < data.length; i++) {
      const whole = Math.floor(random.next() * idsBelow);
      if (data instanceof BigInt64Array) data[i] = BigInt(whole);
      else data[i] = data instanceof Float32Array || data instanceof Float64Array ? random.normal() : whole;
    }
    return data;
  };
  return Object.fromEntries(Object.entries(ports).map(([name, [dtype, shape]]) => [name, fill(name, dtype, shape)]));
}

export function compile(ports: Ports, build: Build, threads = 1): Promise<Program> {
  return Program.compile(
    (graph) =>
      build(
        Object.fromEntries(
          Object.entries(ports).map(([name, [dtype, shape]]) => [name, graph.input(name, dtype, shape)]),
        ),
      ),
    { threads },
  );
}

export function eager<Outputs extends Tensors>(
  ports: Ports,
  build: (inputs: Tensors) => Outputs,
  arrays: Readonly<Record<string, NativeArray>>,
): Outputs {
  const symbols = symbolSizes(arrays.offsets as Int32Array);
  const inputs = Object.entries(ports).map(([name, [dtype, shape]]) => [
    name,
    Tensor.from(arrays[name]!, { dtype, shape: resolveShape(shape, symbols) }),
  ]);
  return build(Object.fromEntries(inputs));
}

/** Runs `program` on each batch with 1 and 2 threads, and compares every output with eager's. */
export async function expectEager(
  program: Program,
  ports: Ports,
  build: Build,
  batches: readonly (readonly number[])[],
): Promise<void> {
  for (const lengths of batches) {
    const arrays = arraysFor(ports, lengths, lengths.length + 1);
    const expected = eager(ports, build, arrays);
    for (const threads of [1, 2]) {
      const outputs = await program.run(arrays, { threads });
      expect(Object.keys(outputs)).toEqual(Object.keys(expected));
      for (const [name, tensor] of Object.entries(expected)) {
        const what = `${name} of lengths ${lengths} on ${threads} threads`;
        expect(outputs[name]?.shape, what).toEqual(tensor.shape);
        expectSame(outputs[name]!.data as Float32Array, tensor.toArray() as Float32Array, what);
      }
    }
  }
}

export const usualBatches = [[5, 9, 0, 1], [1], [70, 40], [0], []] as const;

/** Compiles, compares with eager on several batches, and hands the program back to look at. */
export async function bothWays(
  ports: Ports,
  build: Build,
  batches: readonly (readonly number[])[] = usualBatches,
): Promise<Program> {
  const program = await compile(ports, build);
  await expectEager(program, ports, build, batches);
  return program;
}

/** A constant of normal numbers. */
export function constant(shape: Shape, seed: number): Tensor {
  return Tensor.from(new Random(seed).normals(sizeOf(shape), 0.5), { shape });
}
