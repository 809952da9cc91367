/** The special tokens around one text or a pair, read from the `post_processor` of a tokenizer.json. */
import { ConfigError } from '../errors.js';
import { boolean, integer, list, object, text } from './fields.js';

/** Part of a template: special ids, or one of the texts (0: first, 1: second). */
type Piece =
  | { readonly ids: readonly number[]; readonly type: number }
  | { readonly side: 0 | 1; readonly type: number };

export class Template {
  private readonly single: readonly Piece[];
  private readonly pair: readonly Piece[];
  /** Special ids around a single text, and whether every type of it is 0. */
  private readonly before: readonly number[];
  private readonly after: readonly number[];
  private readonly untyped: boolean;
  private readonly specialTokensOfPair: number;
  /** Overflowing parts have the type of their side, whatever the pieces say: how the reference fills a TemplateProcessing. */
  private readonly typesOverflowBySide: boolean;

  constructor(single: readonly Piece[], pair: readonly Piece[], typesOverflowBySide = false) {
    this.single = single;
    this.pair = pair;
    this.typesOverflowBySide = typesOverflowBySide;
    const text = single.findIndex((piece) => 'side' in piece);
    this.before = specialIds(single.slice(0, text));
    this.after = specialIds(single.slice(text));
    this.untyped = single.every((piece) => piece.type === 0);
    this.specialTokensOfPair = specialIds(pair).length;
  }

  /** Special tokens added to one text, or to a pair. */
  specialTokens(pair: boolean): number {
    return pair ? this.specialTokensOfPair : this.before.length + this.after.length;
  }

  /** The ids and types of one text, as {@link Template.apply} gives them; types are undefined where all are 0. */
  wrap(ids: readonly number[]): { ids: number[]; typeIds: number[] | undefined } {
    const typeIds = this.untyped ? undefined : Array.from(this.apply(ids, undefined, true).typeIds);
    return { ids: this.before.concat(ids, this.after), typeIds };
  }

  /** For each token of {@link Template.apply} its number in its text, counted on over both texts; -1 for special ones. */
  layout(first: number, second: number | undefined, special: boolean): Int32Array {
    const pieces = second === undefined ? this.single : this.pair;
    const places: number[] = [];
    for (const piece of pieces) {
      if ('ids' in piece) {
        if (special) places.push(...piece.ids.map(() => -1));
        continue;
      }
      const begin = piece.side === 0 ? 0 : first;
      const count = piece.side === 0 ? first : (second ?? 0);
      for (let i = 0; i < count; i++) places.push(begin + i);
    }
    return Int32Array.from(places);
  }

  /**
   * Puts the texts' ids in their places. `special` false leaves the special tokens out; type ids stay. `overflows`: which of
   * the texts is a part other than its first.
   */
  apply(
    first: readonly number[],
    second: readonly number[] | undefined,
    special: boolean,
    overflows: readonly [boolean, boolean] = [false, false],
  ) {
    const pieces = second === undefined ? this.single : this.pair;
    const length = first.length + (second?.length ?? 0) + (special ? this.specialTokens(second !== undefined) : 0);
    const ids = new Int32Array(length);
    const typeIds = new Int32Array(length);
    const specialTokensMask = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      const isSpecial = 'ids' in piece;
      if (isSpecial && !special) continue;
      const part = isSpecial ? piece.ids : piece.side === 0 ? first : second!;
      ids.set(part, at);
      const bySide = !isSpecial && this.typesOverflowBySide && overflows[piece.side];
      typeIds.fill(bySide ? piece.side : piece.type, at, at + part.length);
      if (isSpecial) specialTokensMask.fill(1, at, at + part.length);
      at += part.length;
    }
    return { ids, typeIds, specialTokensMask };
  }
}

function specialIds(pieces: readonly Piece[]): number[] {
  return pieces.flatMap((piece) => ('ids' in piece ? piece.ids : []));
}

const plain = new Template(
  [{ side: 0, type: 0 }],
  [
    { side: 0, type: 0 },
    { side: 1, type: 1 },
  ],
);

/** Reads `post_processor`. `hasId` tells whether an id exists, to refuse templates that name unknown tokens. */
export function readTemplate(value: unknown, file: string, hasId: (id: number) => boolean): Template {
  return readProcessor(value, file, 'post_processor', hasId) ?? plain;
}

/** Undefined: this processor adds nothing. */
function readProcessor(
  value: unknown,
  file: string,
  field: string,
  hasId: (id: number) => boolean,
): Template | undefined {
  if (value === null || value === undefined) return undefined;
  const json = object(value, file, field);
  const type = text(json.type, file, `${field}.type`);
  if (type === 'ByteLevel') return undefined;
  if (type === 'TemplateProcessing') return readTemplateProcessing(json, file, field, hasId);
  if (type === 'BertProcessing' || type === 'RobertaProcessing') {
    const cls = [namedToken(json.cls, file, `${field}.cls`, hasId)];
    const sep = [namedToken(json.sep, file, `${field}.sep`, hasId)];
    if (type === 'BertProcessing') return bertTemplate(cls, sep);
    return boolean(json.add_special_tokens ?? true, file, `${field}.add_special_tokens`)
      ? robertaTemplate(cls, sep)
      : untyped;
  }
  if (type === 'Sequence') {
    const members = list(json.processors, file, `${field}.processors`);
    const found = members.flatMap((member, i) => readProcessor(member, file, `${field}.processors[${i}]`, hasId) ?? []);
    if (found.length > 1) {
      throw new ConfigError(
        file,
        `${field}.processors`,
        'adds special tokens in more than one place; one is supported',
      );
    }
    return found[0];
  }
  throw new ConfigError(
    file,
    `${field}.type`,
    `is "${type}"; supported are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and Sequence`,
  );
}

function bertTemplate(cls: number[], sep: number[]): Template {
  const single: Piece[] = [
    { ids: cls, type: 0 },
    { side: 0, type: 0 },
    { ids: sep, type: 0 },
  ];
  return new Template(single, [...single, { side: 1, type: 1 }, { ids: sep, type: 1 }]);
}

function robertaTemplate(cls: number[], sep: number[]): Template {
  const single: Piece[] = [
    { ids: cls, type: 0 },
    { side: 0, type: 0 },
    { ids: sep, type: 0 },
  ];
  return new Template(single, [...single, { ids: sep, type: 0 }, { side: 1, type: 0 }, { ids: sep, type: 0 }]);
}

const untyped = new Template(
  [{ side: 0, type: 0 }],
  [
    { side: 0, type: 0 },
    { side: 1, type: 0 },
  ],
);

/** `["[CLS]", 101]` */
function namedToken(value: unknown, file: string, field: string, hasId: (id: number) => boolean): number {
  const pair = list(value, file, field);
  text(pair[0], file, `${field}[0]`);
  return knownId(pair[1], file, `${field}[1]`, hasId);
}

function knownId(value: unknown, file: string, field: string, hasId: (id: number) => boolean): number {
  const id = integer(value, file, field, 0);
  if (!hasId(id)) throw new ConfigError(file, field, `is ${id}, an id the vocabulary does not have`);
  return id;
}

function readTemplateProcessing(
  json: Readonly<Record<string, unknown>>,
  file: string,
  field: string,
  hasId: (id: number) => boolean,
): Template {
  const special = new Map<string, number[]>();
  for (const [name, value] of Object.entries(object(json.special_tokens, file, `${field}.special_tokens`))) {
    const at = `${field}.special_tokens.${name}`;
    const ids = list(object(value, file, at).ids, file, `${at}.ids`);
    special.set(
      name,
      ids.map((id, i) => knownId(id, file, `${at}.ids[${i}]`, hasId)),
    );
  }
  const read = (name: 'single' | 'pair'): Piece[] =>
    list(json[name], file, `${field}.${name}`).map((value, i) =>
      readPiece(value, file, `${field}.${name}[${i}]`, special),
    );
  const single = read('single');
  const pair = read('pair');
  const sides = (pieces: Piece[]) => pieces.flatMap((piece) => ('side' in piece ? piece.side : [])).join();
  if (sides(single) !== '0') {
    throw new ConfigError(file, `${field}.single`, 'must hold the sequence A exactly once and no other');
  }
  if (!['0,1', '1,0'].includes(sides(pair))) {
    throw new ConfigError(file, `${field}.pair`, 'must hold the sequences A and B once each');
  }
  return new Template(single, pair, true);
}

function readPiece(value: unknown, file: string, field: string, special: ReadonlyMap<string, number[]>): Piece {
  const json = object(value, file, field);
  const kind = Object.hasOwn(json, 'SpecialToken') ? 'SpecialToken' : 'Sequence';
  const body = object(json[kind], file, `${field}.${kind}`);
  const id = text(body.id, file, `${field}.${kind}.id`);
  const type = integer(body.type_id, file, `${field}.${kind}.type_id`, 0);
  if (kind === 'SpecialToken') {
    const ids = special.get(id);
    if (ids === undefined) {
      throw new ConfigError(file, `${field}.SpecialToken.id`, `names "${id}", which special_tokens does not list`);
    }
    return { ids, type };
  }
  if (id !== 'A' && id !== 'B') throw new ConfigError(file, `${field}.Sequence.id`, `is "${id}"; it must be A or B`);
  return { side: id === 'A' ? 0 : 1, type };
}
