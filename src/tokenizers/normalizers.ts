/** The normalizers of a tokenizer.json, as steps that keep track of where each character came from. */
import { ConfigError } from '../errors.js';
import type { AlignedText, Change } from './aligned-text.js';
import { blanks, dropped, ideographs, nonSpacingMarks } from './bert-characters.js';
import { CharsMap } from './charsmap.js';
import { patternOf } from './patterns.js';
import type { BertNormalizerJson, TypedJson } from './schema.js';

export type Normalizer = (input: AlignedText) => AlignedText;

const ascii = /^\p{ASCII}*$/u;
const combiningMark = /\p{M}/u;

/** Undefined: one of them is of a kind that is not written here. */
export function buildNormalizer(json: TypedJson | null, file: string, field = 'normalizer'): Normalizer | undefined {
  if (json === null) return (input) => input;
  switch (json.type) {
    case 'Sequence': {
      const members = (json.normalizers ?? []) as TypedJson[];
      const steps = members.map((member, i) => buildNormalizer(member, file, `${field}.normalizers[${i}]`));
      if (steps.some((step) => step === undefined)) return undefined;
      return (input) => steps.reduce((text, step) => step?.(text) ?? text, input);
    }
    case 'BertNormalizer':
      return bert(json as unknown as BertNormalizerJson);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return (input) => (ascii.test(input.text) ? input : filter(input, (character) => !combiningMark.test(character)));
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicode(json.type);
    case 'Nmt':
      return nmt;
    case 'Strip':
      return strip(json.strip_left !== false, json.strip_right !== false);
    case 'Replace': {
      const pattern = patternOf(json.pattern, file, `${field}.pattern`);
      const { content } = json;
      if (typeof content !== 'string') throw new ConfigError(file, `${field}.content`, 'must be a string');
      return (input) => input.replace(pattern, content);
    }
    case 'Prepend': {
      const { prepend } = json;
      if (typeof prepend !== 'string') throw new ConfigError(file, `${field}.prepend`, 'must be a string');
      return (input) => input.prepend(prepend);
    }
    case 'Precompiled': {
      const encoded = json.precompiled_charsmap;
      if (typeof encoded !== 'string') return (input) => input;
      const map = new CharsMap(encoded, file, `${field}.precompiled_charsmap`);
      return (input) => map.apply(input);
    }
    default:
      return undefined;
  }
}

function filter(input: AlignedText, keep: (character: string) => boolean): AlignedText {
  const changes: [string, number][] = [];
  let skipped = 0;
  for (const character of input.text) {
    const last = changes.at(-1);
    if (keep(character)) changes.push([character, 0]);
    else if (last) last[1]--;
    else skipped++;
  }
  return input.transform(changes as readonly Change[], skipped);
}

/** One code point at a time: of a whole string JavaScript writes a final sigma differently. */
function lowercase(input: AlignedText): AlignedText {
  if (ascii.test(input.text)) return input.withText(input.text.toLowerCase());
  const changes: Change[] = [];
  for (const character of input.text) {
    let first = true;
    for (const lower of character.toLowerCase()) {
      changes.push([lower, first ? 0 : 1]);
      first = false;
    }
  }
  return input.transform(changes);
}

function bert(options: BertNormalizerJson): Normalizer {
  return (input) => {
    let text = input;
    if (options.clean_text) {
      if (text.text.search(dropped) >= 0) text = filter(text, (character) => character.search(dropped) < 0);
      text = text.withText(text.text.replace(blanks, ' '));
    }
    if (options.handle_chinese_chars && text.text.search(ideographs) >= 0) {
      const changes: Change[] = [];
      for (const character of text.text) {
        if (character.search(ideographs) < 0) changes.push([character, 0]);
        else changes.push([' ', 0], [character, 1], [' ', 1]);
      }
      text = text.transform(changes);
    }
    if ((options.strip_accents ?? options.lowercase) && !ascii.test(text.text)) {
      text = filter(unicode('NFD')(text), (character) => character.search(nonSpacingMarks) < 0);
    }
    return options.lowercase ? lowercase(text) : text;
  };
}

/** Controls that translation's normalizer drops, and what becomes a space. */
const nmtDropped = /(?![\t\n\f\r\0\u{80}-\u{8e}\u{90}-\u{9e}])\p{Cc}/u;
const nmtBlanks = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

function nmt(input: AlignedText): AlignedText {
  const kept = filter(input, (character) => !nmtDropped.test(character));
  return kept.withText(kept.text.replace(nmtBlanks, ' '));
}

function unicode(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  const decomposes = form === 'NFD' || form === 'NFKD';
  return (input) => {
    if (ascii.test(input.text)) return input;
    const result = input.text.normalize(form);
    if (result === input.text) return input;
    const decomposed = decompose(input, decomposes ? form : form === 'NFC' ? 'NFD' : 'NFKD');
    return decomposes ? decomposed : compose(decomposed, result);
  };
}

/** What a character falls into stands where it stood; marks are sorted as the whole text's form has them. */
function decompose(input: AlignedText, form: 'NFD' | 'NFKD'): AlignedText {
  const changes: Change[] = [];
  for (const character of input.text) {
    let first = true;
    for (const part of character.normalize(form)) {
      changes.push([part, first ? 0 : 1]);
      first = false;
    }
  }
  const sorted = [...input.text.normalize(form)];
  return input.transform(sorted.map((character, i): Change => [character, changes[i]?.[1] ?? 1]));
}

/** Composed characters stand where their first part stood, and swallow the others. */
function compose(decomposed: AlignedText, result: string): AlignedText {
  const parts = [...decomposed.text];
  const changes: Change[] = [];
  let at = 0;
  for (const character of result) {
    const length = [...character.normalize('NFD')].length;
    changes.push([character, parts[at] === undefined ? 1 : 1 - Math.max(length, 1)]);
    at += length;
  }
  return decomposed.transform(changes);
}

function strip(left: boolean, right: boolean): Normalizer {
  return (input) => {
    const { text } = input;
    const begin = left ? text.search(/\P{White_Space}|$/u) : 0;
    const end = right ? text.search(/\p{White_Space}*$/u) : text.length;
    return begin === 0 && end === text.length ? input : input.slice(begin, Math.max(begin, end));
  };
}
