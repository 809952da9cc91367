/** The pre-tokenizers of a tokenizer.json: from normalized text to the words a model sees one at a time. */
import { ConfigError } from '../errors.js';
import { describe } from '../json-file.js';
import type { AlignedText } from './aligned-text.js';
import { classesOf, PUNCTUATION } from './bert-characters.js';
import { patternOf } from './patterns.js';
import type { TypedJson } from './schema.js';

/** Words in order. `bytes`: the model sees their bytes, written as characters. */
export interface Splitter {
  readonly bytes: boolean;
  split(text: AlignedText): AlignedText[];
}

const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behavior = (typeof behaviors)[number];

const blank = /\p{White_Space}/gu;
const wordOrSymbols =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const gpt2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const bertPunctuation = (character: string) => (classesOf(character.codePointAt(0) ?? 0) & PUNCTUATION) !== 0;

/** Undefined: one of them is of a kind, or in an order, that is not written here. */
export function buildSplitter(json: TypedJson | null, file: string, field = 'pre_tokenizer'): Splitter | undefined {
  const plain = (split: Splitter['split']): Splitter => ({ bytes: false, split });
  if (json === null) return plain((text) => [text]);
  switch (json.type) {
    case 'Sequence': {
      const members = (json.pretokenizers ?? []) as TypedJson[];
      const steps: Splitter[] = [];
      for (const [i, member] of members.entries()) {
        const step = buildSplitter(member, file, `${field}.pretokenizers[${i}]`);
        // what bytes are written as is no text any more
        if (step === undefined || steps.at(-1)?.bytes) return undefined;
        steps.push(step);
      }
      const split = (text: AlignedText) =>
        steps.reduce((words, step) => words.flatMap((word) => step.split(word)), [text]);
      return { bytes: steps.at(-1)?.bytes ?? false, split };
    }
    case 'BertPreTokenizer':
      return plain((text) =>
        cut(text, matchesOf(blank), 'Removed').flatMap((word) =>
          cut(word, charactersThat(bertPunctuation), 'Isolated'),
        ),
      );
    case 'Whitespace':
      return plain((text) => cut(text, inverted(matchesOf(wordOrSymbols)), 'Removed'));
    case 'CharDelimiterSplit': {
      const { delimiter } = json;
      if (typeof delimiter !== 'string' || [...delimiter].length !== 1) {
        throw new ConfigError(file, `${field}.delimiter`, `must be one character, got ${describe(delimiter)}`);
      }
      const isDelimiter = charactersThat((character) => character === delimiter);
      return plain((text) => cut(text, isDelimiter, 'Removed'));
    }
    case 'WhitespaceSplit':
      return plain((text) => cut(text, matchesOf(blank), 'Removed'));
    case 'Punctuation': {
      const behavior = behaviorOf(json.behavior ?? 'Isolated', file, `${field}.behavior`);
      return plain((text) => cut(text, charactersThat(bertPunctuation), behavior));
    }
    case 'Digits': {
      const behavior = json.individual_digits === true ? 'Isolated' : 'Contiguous';
      return plain((text) => cut(text, matchesOf(/\p{N}/gu), behavior));
    }
    case 'Split': {
      const matches = matchesOf(patternOf(json.pattern, file, `${field}.pattern`));
      const behavior = behaviorOf(json.behavior, file, `${field}.behavior`);
      const find = json.invert === true ? inverted(matches) : matches;
      return plain((text) => cut(text, find, behavior));
    }
    case 'ByteLevel': {
      const prefix = json.add_prefix_space !== false;
      const words = (text: AlignedText) => (json.use_regex === false ? [text] : cut(text, matchesOf(gpt2), 'Isolated'));
      return {
        bytes: true,
        split: (text) => words(prefix && !text.text.startsWith(' ') ? text.prepend(' ') : text),
      };
    }
    case 'Metaspace':
      return plain(metaspace(json, file, field));
    default:
      return undefined;
  }
}

/** Spaces become a visible character, which words keep in front of them. */
function metaspace(json: TypedJson, file: string, field: string): Splitter['split'] {
  const mark = json.replacement ?? '▁';
  if (typeof mark !== 'string' || [...mark].length !== 1) {
    throw new ConfigError(file, `${field}.replacement`, `must be one character, got ${describe(mark)}`);
  }
  const scheme = json.prepend_scheme ?? (json.add_prefix_space === false ? 'never' : 'always');
  const marks = matchesOf(new RegExp(mark.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu'));
  return (input) => {
    let text = input.withText(input.text.replaceAll(' ', mark));
    const wanted = scheme === 'always' || (scheme === 'first' && text.text !== '' && text.start(0) === 0);
    if (wanted && !text.text.startsWith(mark)) text = text.prepend(mark);
    return json.split === false ? [text] : cut(text, marks, 'MergedWithNext');
  };
}

function behaviorOf(value: unknown, file: string, field: string): Behavior {
  const found = behaviors.find((behavior) => behavior === value);
  if (found) return found;
  throw new ConfigError(file, field, `is ${describe(value)}; supported: ${behaviors.join(', ')}`);
}

interface Segment {
  begin: number;
  end: number;
  readonly match: boolean;
}

/** All of a text, cut into what matches and what does not. */
type Find = (text: string) => Segment[];

function matchesOf(pattern: RegExp): Find {
  return (text) => {
    const segments: Segment[] = [];
    let done = 0;
    for (const found of text.matchAll(pattern)) {
      const end = found.index + found[0].length;
      if (end === found.index) continue;
      if (found.index > done) segments.push({ begin: done, end: found.index, match: false });
      segments.push({ begin: found.index, end, match: true });
      done = end;
    }
    if (done < text.length) segments.push({ begin: done, end: text.length, match: false });
    return segments;
  };
}

function charactersThat(test: (character: string) => boolean): Find {
  return (text) => {
    const segments: Segment[] = [];
    let at = 0;
    for (const character of text) {
      const [end, match] = [at + character.length, test(character)];
      const last = segments.at(-1);
      if (last && !match && !last.match) last.end = end;
      else segments.push({ begin: at, end, match });
      at = end;
    }
    return segments;
  };
}

function inverted(find: Find): Find {
  return (text) => find(text).map(({ begin, end, match }) => ({ begin, end, match: !match }));
}

/** Words by what is to become of matches. */
function cut(text: AlignedText, find: Find, behavior: Behavior): AlignedText[] {
  const segments = find(text.text);
  if (segments.length === 1 && !(behavior === 'Removed' && segments[0]?.match)) return [text];
  return gather(segments, behavior).map(({ begin, end }) => text.slice(begin, end));
}

function gather(segments: readonly Segment[], behavior: Behavior): Segment[] {
  if (behavior === 'Removed') return segments.filter(({ match }) => !match);
  if (behavior === 'Isolated') return [...segments];
  const words: Segment[] = [];
  const backward = behavior === 'MergedWithNext';
  let before = false;
  for (const segment of backward ? segments.toReversed() : segments) {
    const last = words.at(-1);
    const joins = behavior === 'Contiguous' ? segment.match === before : segment.match && !before;
    if (joins && last) {
      if (backward) last.begin = segment.begin;
      else last.end = segment.end;
    } else {
      words.push({ ...segment });
    }
    before = segment.match;
  }
  return backward ? words.reverse() : words;
}
