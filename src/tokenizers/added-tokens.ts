/** Tokens that are matched in the text itself, before the model sees it: [CLS], <mask>, and those users add. */

import type { AlignedText } from './aligned-text.js';
import type { AddedTokenJson } from './schema.js';

/** A piece of the input that knows its place: an added token, or normalized text for the model. */
export type AlignedSection =
  | { readonly id: number; readonly start: number; readonly end: number; readonly matched: string }
  | { readonly id?: undefined; readonly text: AlignedText };

/** A piece of the input: an added token's id, or normalized text for the model. */
export type Section = { readonly id: number } | TextSection;

export interface TextSection {
  readonly text: string;
  /** It stands at the very beginning of the input. */
  readonly first: boolean;
}

type Match = { start: number; end: number; id: number };

const wordAtEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAtStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

export class AddedTokens {
  private readonly normalize: (text: string) => string;
  /** Matched in the text as it came, and matched after normalization. */
  private readonly raw: Matcher;
  private readonly normalized: Matcher;

  constructor(tokens: readonly AddedTokenJson[], normalize: (text: string) => string) {
    this.normalize = normalize;
    this.raw = new Matcher(tokens.filter((token) => !token.normalized).map((token) => [token.content, token]));
    this.normalized = new Matcher(
      tokens.filter((token) => token.normalized).map((token) => [normalize(token.content), token]),
    );
  }

  /** What a token that is matched in normalized text is looked for as; undefined for others. */
  normalizedContent(id: number): string | undefined {
    return this.normalized.contentOf(id);
  }

  /** As {@link AddedTokens.split}, with everything's place. `normalize` is the normalizer that keeps track. */
  align(input: AlignedText, normalize: (text: AlignedText) => AlignedText): AlignedSection[] {
    const sections: AlignedSection[] = [];
    for (const part of this.raw.split(input.text)) {
      if (part.id !== undefined) {
        const { id, start, end } = part;
        sections.push({ id, start, end, matched: input.text.slice(start, end) });
        continue;
      }
      const text = normalize(input.slice(part.start, part.end));
      for (const inner of this.normalized.split(text.text)) {
        const { id, start, end } = inner;
        if (id === undefined) sections.push({ text: text.slice(start, end) });
        else {
          const matched = text.text.slice(start, end);
          sections.push({ id, start: text.start(start), end: text.end(end - 1), matched });
        }
      }
    }
    return sections;
  }

  split(text: string): Section[] {
    const sections: Section[] = [];
    for (const part of this.raw.split(text)) {
      if (part.id !== undefined) sections.push({ id: part.id });
      else {
        const first = part.start === 0;
        for (const inner of this.normalized.split(this.normalize(part.text))) {
          if (inner.id !== undefined) sections.push({ id: inner.id });
          else sections.push({ text: inner.text, first: first && inner.start === 0 });
        }
      }
    }
    return sections;
  }
}

type Part =
  | { id: number; text?: never; start: number; end: number }
  | { id?: never; text: string; start: number; end: number };

/** Finds the leftmost, longest of a set of strings. */
class Matcher {
  private readonly tokens: Map<string, AddedTokenJson>;
  private readonly contents: ReadonlyMap<number, string>;
  private readonly pattern: RegExp | undefined;
  /** First UTF-16 units of the tokens, each once. */
  private readonly beginnings: readonly string[];

  constructor(tokens: readonly (readonly [string, AddedTokenJson])[]) {
    this.tokens = new Map(tokens.filter(([content]) => content !== ''));
    this.contents = new Map(Array.from(this.tokens, ([content, { id }]) => [id, content]));
    this.beginnings = [...new Set([...this.tokens.keys()].map((content) => content.charAt(0)))];
    if (this.tokens.size === 0) return;
    const longestFirst = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    this.pattern = new RegExp(
      longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'),
      'gu',
    );
  }

  contentOf(id: number): string | undefined {
    return this.contents.get(id);
  }

  split(text: string): Part[] {
    // the pattern is slow to find nothing, and most texts do not even have a character that begins a token
    if (!this.beginnings.some((character) => text.includes(character)))
      return text === '' ? [] : [{ text, start: 0, end: text.length }];
    const parts: Part[] = [];
    let end = 0;
    for (const match of this.matches(text)) {
      if (match.start > end) parts.push({ text: text.slice(end, match.start), start: end, end: match.start });
      parts.push(match);
      end = match.end;
    }
    if (end < text.length) parts.push({ text: text.slice(end), start: end, end: text.length });
    return parts;
  }

  private *matches(text: string): Generator<Match> {
    if (this.pattern === undefined) return;
    let taken = 0;
    for (const found of text.matchAll(this.pattern)) {
      const token = this.tokens.get(found[0])!;
      let start = found.index;
      let end = start + found[0].length;
      if (start < taken) continue;
      if (token.single_word && !standsAlone(text, start, end)) continue;
      if (token.lstrip) while (start > taken && whiteSpace.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && whiteSpace.test(text[end]!)) end++;
      yield { start, end, id: token.id };
      taken = end;
    }
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  // Two units hold any one character; a lone low half in front matches nothing.
  return !wordAtEnd.test(text.slice(Math.max(0, start - 2), start)) && !wordAtStart.test(text.slice(end, end + 2));
}
