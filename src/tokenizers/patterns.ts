/** The patterns of a tokenizer.json, which are written for another engine of regular expressions. */
import { ConfigError } from '../errors.js';
import { describe } from '../json-file.js';
import type { JsonObject } from './fields.js';

const longestPattern = 2000;

/** `{ "String": … }` or `{ "Regex": … }` as a global expression over code points. */
export function patternOf(value: unknown, file: string, field: string): RegExp {
  const { String: text, Regex: regex } = (typeof value === 'object' && value !== null ? value : {}) as JsonObject;
  if (typeof text === 'string' && text !== '') return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
  if (typeof regex !== 'string' || regex === '') {
    throw new ConfigError(file, field, `must be { "String": "…" } or { "Regex": "…" }, got ${describe(value)}`);
  }
  if (regex.length > longestPattern || nestsRepeats(regex)) {
    throw new ConfigError(
      file,
      field,
      'is an expression whose time has no bound: a repeat within a repeat, or very long',
    );
  }
  try {
    return new RegExp(translate(regex), 'gum');
  } catch (cause) {
    const message = `is an expression that cannot be read here: ${(cause as Error).message}`;
    throw new ConfigError(file, field, message, { cause });
  }
}

/** Classes that Oniguruma takes of all Unicode. */
const classes: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  w: '\\p{L}\\p{M}\\p{Nd}\\p{Pc}',
  d: '\\p{Nd}',
  h: '0-9a-fA-F',
};
/** Of a text, not of a line, which ^ and $ are of. */
const anchors: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
};
/** Letters that only case folding joins to others. */
const folded: Readonly<Record<string, string>> = { s: 'sS\u017f', k: 'kK\u212a' };

/** From Oniguruma's words to JavaScript's, with the flags u and m. */
function translate(regex: string): string {
  let out = '';
  let depth = 0;
  /** Depths of groups that ignore case. */
  const ignoring: number[] = [];
  let inClass = false;
  for (let i = 0; i < regex.length; ) {
    const token = /\\[pP]\{\^?[^}]*\}|\\[\s\S]|\(\?i:|\{\d*,?\d*\}|[\s\S]/uy;
    token.lastIndex = i;
    const [text = ''] = token.exec(regex) ?? [];
    i += text.length;
    if (/^\\[pP]\{/.test(text)) out += property(text);
    else if (text.startsWith('\\')) out += escaped(text.slice(1), inClass);
    else if (text === '(?i:') {
      ignoring.push(++depth);
      out += '(?:';
    } else if (inClass) {
      inClass = text !== ']';
      // a bracket in a class begins another there, and stands for itself here
      out += text === '[' ? '\\[' : ignoring.length > 0 && /[a-z]/i.test(text) ? bothCases(text) : text;
    } else {
      if (text === '[') inClass = true;
      if (text === '(') depth++;
      if (text === ')' && ignoring.at(-1) === depth--) ignoring.pop();
      if (text === '.') out += '[^\\n]';
      else if (ignoring.length > 0 && /^[a-z]$/i.test(text)) out += `[${bothCases(text)}]`;
      else out += text;
      // a possessive quantifier: what is given back where it matters is another pattern's concern
      if (/^([*+?]|\{.+\})$/.test(text) && regex[i] === '+') i++;
    }
  }
  return out;
}

function escaped(letter: string, inClass: boolean): string {
  const lower = letter.toLowerCase();
  const members = Object.hasOwn(classes, lower) ? classes[lower] : undefined;
  if (members !== undefined) {
    if (letter === lower) return inClass ? members : `[${members}]`;
    if (inClass && lower === 's') return '\\P{White_Space}';
    if (inClass && lower === 'd') return '\\P{Nd}';
    return `[^${members}]`;
  }
  if (!inClass && Object.hasOwn(anchors, letter)) return anchors[letter] ?? '';
  // other than here, a letter or sign without a meaning of its own may be escaped there
  return /[^a-z0-9^$\\.*+?()[\]{}|/-]/i.test(letter) ? letter : `\\${letter}`;
}

function bothCases(letter: string): string {
  return folded[letter.toLowerCase()] ?? letter.toLowerCase() + letter.toUpperCase();
}

/** `\\p{Han}` names a script, `\\p{^L}` all but letters. */
function property(text: string): string {
  const [, sign = 'p', inverted = '', name = ''] = /^\\([pP])\{(\^?)([^}]*)\}$/.exec(text) ?? [];
  const letter = (sign === 'P') !== (inverted === '^') ? 'P' : 'p';
  for (const candidate of [name, `Script=${name}`]) {
    try {
      new RegExp(`\\p{${candidate}}`, 'u');
      return `\\${letter}{${candidate}}`;
    } catch {}
  }
  return text;
}

/** A group that repeats and holds a repeat without bound may take exponential time on a text that does not match. */
function nestsRepeats(regex: string): boolean {
  const open: boolean[] = [];
  let inClass = false;
  for (let i = 0; i < regex.length; i++) {
    const c = regex[i];
    if (c === '\\') i++;
    else if (c === ']') inClass = false;
    else if (c === '[') inClass = true;
    else if (inClass) continue;
    else if (c === '(') open.push(false);
    else if (c === '*' || c === '+' || /^\{\d*,\}/.test(regex.slice(i))) open.fill(true);
    else if (c === ')') {
      const repeats = open.pop() ?? false;
      if (repeats && /^(?:[*+]|\{\d*,)/.test(regex.slice(i + 1))) return true;
    }
  }
  return false;
}
