/** The vocabulary of a WordPiece tokenizer.json, read without an object of tens of thousands of fields in between. */
import { emptyHash, extendHash, hashOf, Repeated, Vocabulary } from './vocabulary.js';

const quote = 0x22;
const backslash = 0x5c;
const largestId = 2 ** 24 - 1;

/**
 * A tokenizer.json with its vocabulary taken out. Undefined for whatever is not plainly a WordPiece tokenizer without
 * fault: that is for the reader that knows every kind and names every mistake.
 */
export function scanTokenizer(text: string): { json: unknown; vocabulary: Vocabulary } | undefined {
  const model = text.indexOf('"model"');
  const field = /"vocab"\s*:\s*\{/g;
  field.lastIndex = Math.max(model, 0);
  if (model < 0 || !text.includes('"WordPiece"') || !field.test(text)) return undefined;
  const begin = field.lastIndex - 1;
  const found = scanObject(text, begin);
  if (found === undefined) return undefined;
  // What was scanned must be the vocabulary that a parser would find: a mark in its place tells.
  const mark = 'the vocabulary';
  let json: { model?: { vocab?: unknown; type?: unknown } } | null;
  try {
    json = JSON.parse(`${text.slice(0, begin)}"${mark}"${text.slice(found.end)}`);
  } catch {
    return undefined;
  }
  if (json?.model?.vocab !== mark || json.model.type !== 'WordPiece') return undefined;
  return { json, vocabulary: found.vocabulary };
}

/** The object at `begin`, if it is `{"token": id, …}` in strict JSON with ids and tokens that occur once. */
function scanObject(text: string, begin: number): { vocabulary: Vocabulary; end: number } | undefined {
  let room = 1 << 15;
  let starts = new Int32Array(room);
  let ends = new Int32Array(room);
  let ids = new Int32Array(room);
  let hashes = new Int32Array(room);
  const grow = (array: Int32Array) => {
    const larger = new Int32Array(room);
    larger.set(array);
    return larger;
  };
  let unescaped = ''; // tokens with escapes, written out, as if they stood behind the text
  let count = 0;
  let at = begin + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== quote) return undefined;
    let start = ++at;
    let hash = emptyHash;
    let unit = text.charCodeAt(at);
    for (; unit !== quote && unit !== backslash; unit = text.charCodeAt(++at)) {
      if (!(unit >= 0x20)) return undefined; // a control character, or the end of the text
      hash = extendHash(hash, unit);
    }
    let end = at;
    if (unit === backslash) {
      const token = readEscaped(text, start);
      if (token === undefined) return undefined;
      at = token.end;
      start = text.length + unescaped.length;
      unescaped += token.value;
      end = start + token.value.length;
      hash = hashOf(token.value);
    }
    at = skipSpace(text, at + 1);
    if (text[at] !== ':') return undefined;
    at = skipSpace(text, at + 1);
    let id = text.charCodeAt(at) - 48;
    if (!(id >= 0 && id <= 9)) return undefined;
    let digit = text.charCodeAt(++at) - 48;
    if (id === 0 && digit >= 0 && digit <= 9) return undefined;
    for (; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - 48) {
      id = id * 10 + digit;
      if (id > largestId) return undefined;
    }
    if (count === room) {
      room *= 2;
      [starts, ends, ids, hashes] = [grow(starts), grow(ends), grow(ids), grow(hashes)];
    }
    starts[count] = start;
    ends[count] = end;
    ids[count] = id;
    hashes[count++] = hash;
    at = skipSpace(text, at);
    const next = text[at++];
    if (next === '}') break;
    if (next !== ',') return undefined;
  }
  const vocabulary = Vocabulary.of({ text: text + unescaped, count, starts, ends, ids, hashes });
  return vocabulary instanceof Repeated ? undefined : { vocabulary, end: at };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at;
    at++;
  }
}

/** The string that begins after the quote before `start`. `end`: its closing quote. */
function readEscaped(text: string, start: number): { value: string; end: number } | undefined {
  let end = start;
  for (let unit = text.charCodeAt(end); unit !== quote; unit = text.charCodeAt(++end)) {
    if (unit === backslash) end++;
    if (!(unit >= 0x20)) return undefined;
  }
  try {
    return { value: JSON.parse(text.slice(start - 1, end + 1)), end };
  } catch {
    return undefined;
  }
}
