import type { Rule } from './rule.js';

/** Steps whose result nobody reads go: a pooler that the pipeline does not ask for costs nothing. */
export const dropUnused: Rule = (graph) => {
  const needed = new Set(graph.outputs.values());
  const kept = [...graph.steps].reverse().filter((step) => {
    if (!needed.has(step.output)) return false;
    for (const input of step.inputs) needed.add(input);
    return true;
  });
  const changed = kept.length !== graph.steps.length;
  graph.steps = kept.reverse();
  return changed;
};
