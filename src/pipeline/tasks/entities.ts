/** From labelled tokens to words and to spans of one label, as transformers' TokenClassificationPipeline makes them. */

export interface Entity {
  /** Of a token or a word as config.json has it; of a span without `B-` or `I-`. */
  readonly label: string;
  readonly score: number;
  readonly index: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export interface LabelledToken extends Entity {
  /** The score of every label. */
  readonly scores: Float64Array;
  /** It goes on with the word of the token before it. */
  readonly goesOn: boolean;
}

type ToText = (tokens: readonly string[]) => string;

/** Words with one label each; `simple` leaves tokens as they are. */
export function wordEntities(
  tokens: readonly LabelledToken[],
  strategy: 'simple' | 'first' | 'average' | 'max',
  labels: readonly string[],
  toText: ToText,
): Entity[] {
  if (strategy === 'simple') return [...tokens];
  const words: LabelledToken[][] = [];
  for (const token of tokens) {
    const last = words.at(-1);
    if (last && token.goesOn) last.push(token);
    else words.push([token]);
  }
  return words.map((word) => {
    const scores = strategy === 'average' ? meanScores(word) : chosen(word, strategy).scores;
    const best = scores.indexOf(Math.max(...scores));
    return { ...spanOf(word, toText), label: labels[best] ?? '', score: scores[best] ?? Number.NaN };
  });
}

/** Neighbours of one label become one; a label with `B-` begins anew. */
export function groupEntities(entities: readonly Entity[], toText: ToText): Entity[] {
  const groups: Entity[][] = [];
  for (const entity of entities) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const goesOn = last && !entity.label.startsWith('B-') && tagOf(entity.label) === tagOf(last.label);
    if (goesOn) group?.push(entity);
    else groups.push([entity]);
  }
  return groups.map((group) => {
    const [first] = group;
    const score = group.reduce((sum, entity) => sum + entity.score, 0) / group.length;
    const label = first?.label.slice(first.label.indexOf('-') + 1) ?? '';
    return { ...spanOf(group, toText), label, score };
  });
}

/** Entities of overlapping parts by where they begin; of two that overlap the longer stays, of equals the likelier. */
export function inOrder(entities: readonly Entity[]): Entity[] {
  const kept: Entity[] = [];
  for (const entity of entities.toSorted((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (!last || entity.start >= last.end || entity.start < last.start) {
      kept.push(entity);
      continue;
    }
    const [length, lastLength] = [entity.end - entity.start, last.end - last.start];
    if (length > lastLength || (length === lastLength && entity.score > last.score)) kept[kept.length - 1] = entity;
  }
  return kept;
}

function spanOf(parts: readonly Entity[], toText: ToText): Entity {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  return { ...first, word: toText(parts.map(({ word }) => word)), end: last.end };
}

function tagOf(label: string): string {
  return /^[BI]-/.test(label) ? label.slice(2) : label;
}

function meanScores(word: readonly LabelledToken[]): Float64Array {
  const sum = new Float64Array(word[0]!.scores.length);
  for (const { scores } of word) for (const [i, score] of scores.entries()) sum[i]! += score;
  return sum.map((total) => total / word.length);
}

/** The token that decides about its word. */
function chosen(word: readonly LabelledToken[], strategy: 'first' | 'max'): LabelledToken {
  const first = word[0]!;
  return strategy === 'first' ? first : word.reduce((best, token) => (token.score > best.score ? token : best), first);
}
