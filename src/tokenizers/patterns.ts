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
    return new RegExp(translate(regex), 'gu');
  } catch (cause) {
    const message = `is an expression that cannot be read here: ${(cause as Error).message}`;
    throw new ConfigError(file, field, message, { cause });
  }
}

/** White space and letters as Oniguruma knows them, and groups that ignore case. */
function translate(regex: string): string {
  return regex
    .replaceAll(/\\([AzZ])/g, (_, letter: string) => (letter === 'A' ? '^' : '$'))
    .replaceAll(/\(\?i:((?:[^()\\]|\\.)*)\)/g, (_, inner: string) => {
      const both = inner.replaceAll(/\\.|[A-Za-z]/g, (c) =>
        c.length > 1 ? c : `[${c.toLowerCase()}${c.toUpperCase()}]`,
      );
      return `(?:${both})`;
    })
    .replaceAll('[^\\s', '[^\\p{White_Space}')
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}')
    .replaceAll(/([*+?}])\+/g, '$1');
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
