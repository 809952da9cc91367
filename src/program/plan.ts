/** Gives every value of a graph its place: a slot of the arena by lifetime, or a view of another value. */
import type { NativePlan, NativeStep, NativeValue } from '../native.js';
import { lastDim, type Shape } from '../tensor/shape.js';
import type { Graph, GraphStep } from './graph.js';
import { takesColumnSlices } from './rules/merge-linears.js';

type Place =
  | { readonly kind: 'input' | 'output' | 'slot'; readonly index: number }
  | { readonly kind: 'constant' }
  | { readonly kind: 'alias'; readonly of: number; readonly offset: number; readonly rowStride: number };

interface Slot {
  readonly shape: Shape;
  free: boolean;
}

/** The order of inputs and outputs in a plan. */
export interface Plan {
  readonly native: NativePlan;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Those of the graph that are run, in the order of `native.steps`; the others are views. */
  readonly steps: readonly GraphStep[];
}

/** `graph` must have been rewritten; handed-back values that are not made by a step of their own get a copy. */
export function plan(graph: Graph): Plan {
  copyBorrowedOutputs(graph);
  const inputs = graph.values.flatMap((value) => (value.input === undefined ? [] : [value.input]));
  const outputs = [...graph.outputs.keys()];
  const places = new Map<number, Place>();
  graph.values.forEach((value, index) => {
    if (value.input !== undefined) places.set(index, { kind: 'input', index: inputs.indexOf(value.input) });
    else if (value.constant) places.set(index, { kind: 'constant' });
  });
  for (const [name, value] of graph.outputs) places.set(value, { kind: 'output', index: outputs.indexOf(name) });

  const steps: GraphStep[] = [];
  for (const step of graph.steps) {
    const alias = places.has(step.output) ? undefined : aliasOf(graph, step);
    if (alias) places.set(step.output, alias);
    else steps.push(step);
  }
  const slots = placeInSlots(graph, steps, places);
  const native = toNative(graph, steps, places, slots.length, inputs.length, outputs.length);
  return { inputs, outputs, steps, native };
}

/** An output that is an input, a constant, or handed back twice becomes a value of its own. */
function copyBorrowedOutputs(graph: Graph): void {
  const taken = new Set<number>();
  for (const [name, value] of graph.outputs) {
    const made = graph.steps.some((step) => step.output === value);
    if (made && !taken.has(value)) {
      taken.add(value);
      continue;
    }
    const { dtype, shape } = graph.value(value);
    const copy = graph.add({ dtype, shape });
    graph.steps.push({ op: 'copy', inputs: [value], output: copy, attributes: {} });
    graph.outputs.set(name, copy);
    taken.add(copy);
  }
}

/**
 * A reshape is the same memory; a column slice is too where all its readers step over the gaps. (None of those readers is
 * a reshape or a slice, so what is viewed here is never a column slice itself.)
 */
function aliasOf(graph: Graph, step: GraphStep): Place | undefined {
  const of = step.inputs[0];
  if (of === undefined) return undefined;
  if (step.op === 'copy') return { kind: 'alias', of, offset: 0, rowStride: 0 };
  const shape = graph.value(of).shape;
  const columns = step.op === 'slice' && step.attributes.axis === shape.length - 1;
  if (columns && graph.readers(step.output).every((reader) => takesColumnSlices(reader, step.output))) {
    return { kind: 'alias', of, offset: step.attributes.begin ?? 0, rowStride: lastDim(shape) };
  }
  return undefined;
}

/** Walks the steps in order; a slot is free again after the last reader of what lies in it. */
function placeInSlots(graph: Graph, steps: readonly GraphStep[], places: Map<number, Place>): readonly Slot[] {
  const base = (value: number): number => {
    const place = places.get(value);
    return place?.kind === 'alias' ? base(place.of) : value;
  };
  const lastUse = new Map<number, number>();
  steps.forEach((step, index) => {
    for (const input of step.inputs) lastUse.set(base(input), index);
  });
  const slots: Slot[] = [];
  const slotOf = new Map<number, Slot>();
  steps.forEach((step, index) => {
    if (!places.has(step.output)) {
      const slot = takeSlot(slots, graph.value(step.output).shape);
      slotOf.set(step.output, slot);
      places.set(step.output, { kind: 'slot', index: slots.indexOf(slot) });
    }
    for (const input of new Set(step.inputs.map(base))) {
      const slot = slotOf.get(input);
      if (slot && lastUse.get(input) === index) slot.free = true;
    }
  });
  return slots;
}

/** The free slot of the same leading size whose width is nearest, or a new one. */
function takeSlot(slots: Slot[], shape: Shape): Slot {
  const fits = slots.filter((slot) => slot.free && slot.shape[0] === shape[0] && slot.shape.length === shape.length);
  const distance = (slot: Slot) => Math.abs(lastDim(slot.shape) - lastDim(shape));
  const nearest = fits.sort((a, b) => distance(a) - distance(b))[0];
  if (nearest) {
    nearest.free = false;
    return nearest;
  }
  const slot = { shape, free: false };
  slots.push(slot);
  return slot;
}

function toNative(
  graph: Graph,
  steps: readonly GraphStep[],
  places: ReadonlyMap<number, Place>,
  slots: number,
  inputs: number,
  outputs: number,
): NativePlan {
  const used = new Set(steps.flatMap((step) => [...step.inputs, step.output]));
  for (const place of places.values()) if (place.kind === 'alias') used.add(place.of);
  graph.values.forEach((value, index) => {
    if (value.input !== undefined) used.add(index);
  });
  const order = [...used].sort((a, b) => a - b);
  const renumbered = new Map(order.map((value, index) => [value, index]));
  const at = (value: number) => renumbered.get(value) ?? -1;
  const values = order.map((index): NativeValue => {
    const { dtype, shape, constant } = graph.value(index);
    const place = places.get(index);
    if (place === undefined || place.kind === 'constant')
      return { kind: 'constant', dtype, shape, tensor: constant?.handle };
    if (place.kind !== 'alias') return { kind: place.kind, dtype, shape, index: place.index };
    return { kind: 'alias', dtype, shape, index: at(place.of), offset: place.offset, rowStride: place.rowStride };
  });
  const nativeSteps = steps.map(
    (step): NativeStep => ({
      op: step.op,
      inputs: step.inputs.map(at),
      output: at(step.output),
      attributes: step.attributes,
      weights: step.weights?.map((part) => ({
        weight: part.weight.handle,
        bias: part.bias?.handle,
        scale: part.weight.rowScale?.handle,
      })),
    }),
  );
  return { values, slots, inputs, outputs, steps: nativeSteps };
}
