/** The rules, in the order they are tried; each runs until it finds nothing more to do. */
import type { Graph } from '../graph.js';
import { dropUnused } from './drop-unused.js';
import { fuseActivation } from './fuse-activation.js';
import { fuseLayerNorm } from './fuse-layer-norm.js';
import { fuseResidual } from './fuse-residual.js';
import { mergeLinears } from './merge-linears.js';
import type { Rule } from './rule.js';
import { storeBf16 } from './store-bf16.js';

export const rules: Readonly<Record<string, Rule>> = {
  dropUnused,
  mergeLinears,
  fuseActivation,
  fuseResidual,
  fuseLayerNorm,
  storeBf16,
};

/** Applies every rule to a fixed point. */
export function rewrite(graph: Graph): void {
  for (const rule of Object.values(rules)) while (rule(graph));
}
