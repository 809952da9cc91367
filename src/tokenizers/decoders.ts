/** The decoders of a tokenizer.json: from tokens back to text, equal to the reference's, whose steps work on the list of tokens. */
import { ConfigError } from '../errors.js';
import { describe } from '../json-file.js';
import { bytesOf } from './byte-characters.js';
import { patternOf } from './patterns.js';
import type { TypedJson } from './schema.js';

/** What a decoder makes of tokens; the text is all of it joined. */
export type Decoder = (tokens: readonly string[]) => string[];

/** Undefined: one of them is of a kind that is not written here. */
export function buildDecoder(json: TypedJson | null, file: string, field = 'decoder'): Decoder | undefined {
  if (json === null) return (tokens) => [tokens.join(' ')];
  const text = (name: string, otherwise: string) => {
    const value = json[name] ?? otherwise;
    if (typeof value === 'string') return value;
    throw new ConfigError(file, `${field}.${name}`, `must be a string, got ${describe(value)}`);
  };
  switch (json.type) {
    case 'Sequence': {
      const members = (json.decoders ?? []) as TypedJson[];
      const steps = members.map((member, i) => buildDecoder(member, file, `${field}.decoders[${i}]`));
      if (steps.some((step) => step === undefined)) return undefined;
      return (tokens) => steps.reduce<string[]>((list, step) => step?.(list) ?? list, [...tokens]);
    }
    case 'ByteLevel':
      return (tokens) => [Buffer.concat(tokens.map((token) => bytesOf(token) ?? Buffer.from(token))).toString()];
    case 'WordPiece':
      return wordPiece(text('prefix', '##'), json.cleanup !== false);
    case 'Metaspace': {
      const mark = text('replacement', '▁');
      const keepsFirst = (json.prepend_scheme ?? (json.add_prefix_space === false ? 'never' : 'always')) === 'never';
      return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i > 0 || keepsFirst ? ' ' : ''));
    }
    case 'CTC':
      return ctc(text('pad_token', '<pad>'), text('word_delimiter_token', '|'), json.cleanup !== false);
    case 'BPEDecoder': {
      const suffix = text('suffix', '</w>');
      return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i + 1 < tokens.length ? ' ' : ''));
    }
    case 'Replace': {
      const pattern = patternOf(json.pattern, file, `${field}.pattern`);
      const content = text('content', '');
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip': {
      const content = text('content', ' ');
      const [start, stop] = [Number(json.start ?? 0), Number(json.stop ?? 0)];
      return (tokens) => tokens.map((token) => strip(token, content, start, stop));
    }
    default:
      return undefined;
  }
}

const cleanups = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

function cleaned(token: string): string {
  return cleanups.reduce((text, [from, to]) => text.replaceAll(from, to), token);
}

function wordPiece(prefix: string, cleanup: boolean): Decoder {
  return (tokens) =>
    tokens.map((token, i) => {
      if (i > 0) token = prefix !== '' && token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanup ? cleaned(token) : token;
    });
}

/** Repeats and blanks go (Graves et al. 2006). */
function ctc(blank: string, delimiter: string, cleanup: boolean): Decoder {
  return (tokens) =>
    tokens.flatMap((token, i) => {
      if (token === tokens[i - 1]) return [];
      const kept = token.replaceAll(blank, '');
      const text = cleanup ? cleaned(kept).replaceAll(delimiter, ' ') : kept;
      return text === '' ? [] : [text];
    });
}

/** Neighbouring `<0xE2>` tokens are the bytes of a text; each stands for itself if they are none. */
function byteFallback(tokens: readonly string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    const text = Buffer.from(bytes).toString();
    const valid = Buffer.from(text).equals(Buffer.from(bytes));
    if (bytes.length > 0) result.push(...(valid ? [text] : bytes.map(() => '\ufffd')));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
}

/** At most `start` and `stop` times the character `content` off the ends. */
function strip(token: string, content: string, start: number, stop: number): string {
  const characters = [...token];
  let begin = 0;
  while (begin < start && characters[begin] === content) begin++;
  let end = characters.length;
  while (characters.length - end < stop && end > begin && characters[end - 1] === content) end--;
  return characters.slice(begin, end).join('');
}
