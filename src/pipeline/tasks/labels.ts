/** The labels of a classifier, as config.json names them. */
import type { JsonFile } from '../../json-file.js';

/** Names of the labels in the order of the logits: `id2label`, and `LABEL_i` for those it leaves out. */
export function labelsOf(config: JsonFile, count: number): readonly string[] {
  const names = config.object('id2label', true);
  return Array.from({ length: count }, (_, i) => names.string(String(i), `LABEL_${i}`));
}

/** Indices of the `topK` largest scores, best first; equal scores in their own order. */
export function bestOf(scores: ArrayLike<number>, topK = scores.length): number[] {
  const worse = (a: number, b: number) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b;
  const all = topK * 8 > scores.length;
  if (all)
    return Array.from(scores, (_, i) => i)
      .sort(worse)
      .slice(0, topK);
  // few of many, say of a vocabulary: most are passed over with one comparison
  const best: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    let place = best.length;
    while (place > 0 && (scores[i] ?? 0) > (scores[best[place - 1] ?? 0] ?? 0)) place--;
    if (place >= topK) continue;
    best.splice(place, 0, i);
    best.length = Math.min(best.length, topK);
  }
  return best;
}
