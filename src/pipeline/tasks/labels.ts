/** The labels of a classifier, as config.json names them. */
import type { JsonFile } from '../../json-file.js';

/** Names of the labels in the order of the logits: `id2label`, and `LABEL_i` for those it leaves out. */
export function labelsOf(config: JsonFile, count: number): readonly string[] {
  const names = config.object('id2label', true);
  return Array.from({ length: count }, (_, i) => names.string(String(i), `LABEL_${i}`));
}

/** Indices of the largest scores, best first; equal scores in their own order. */
export function bestOf(scores: ArrayLike<number>, topK = scores.length): number[] {
  const order = Array.from(scores, (_, i) => i);
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, topK);
}
