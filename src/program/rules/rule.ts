/** A rewrite of a recorded graph that keeps its results to the bit. Returns true if it changed something. */
import type { Graph, GraphStep } from '../graph.js';

export type Rule = (graph: Graph) => boolean;

/** True if `value` is read by exactly one step, once, and is not handed back. */
export function hasOneReader(graph: Graph, value: number): boolean {
  const reads = graph.steps.flatMap((step) => step.inputs).filter((input) => input === value);
  return reads.length === 1 && !graph.isOutput(value);
}

/** The step that makes `value`, if a step does. */
export function makerOf(graph: Graph, value: number): GraphStep | undefined {
  return graph.steps.find((step) => step.output === value);
}

/** Replaces `old` steps by `fresh`, which take the place of the first or the last of them. */
export function replaceSteps(
  graph: Graph,
  place: 'first' | 'last',
  old: readonly GraphStep[],
  fresh: readonly GraphStep[],
): void {
  const places = old.map((step) => graph.steps.indexOf(step));
  const at = place === 'first' ? Math.min(...places) : Math.max(...places);
  graph.steps = graph.steps.flatMap((step, index) => (index === at ? fresh : old.includes(step) ? [] : [step]));
}
