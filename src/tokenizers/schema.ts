/** What a tokenizer.json and a tokenizer_config.json may hold: types, and the checks that make them true. */
import { ConfigError } from '../errors.js';
import { boolean, integer, type JsonObject, list, object, text } from './fields.js';
import { type ScannedTokenizer, Vocabulary } from './vocabulary.js';

/** Ids above this are refused: no vocabulary is near it, and tables are sized by the largest id. */
const largestId = 2 ** 24 - 1;
/** Longer words would cost quadratic time in the length of one word. */
const longestWord = 10_000;
const deepestNesting = 16;

export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export interface WordPieceJson {
  readonly type: 'WordPiece';
  readonly vocab: Readonly<Record<string, number>>;
  readonly unk_token: string;
  readonly continuing_subword_prefix: string;
  readonly max_input_chars_per_word: number;
}

export interface BpeJson {
  readonly type: 'BPE';
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly fuse_unk?: boolean;
  readonly byte_fallback?: boolean;
  readonly ignore_merges?: boolean;
}

export interface UnigramJson {
  readonly type: 'Unigram';
  /** Of each piece, by its id. */
  readonly scores: Float64Array;
  /** Made when it is asked for: the pieces themselves are in the vocabulary. */
  readonly vocab: readonly (readonly [piece: string, score: number])[];
  readonly unk_id?: number | null;
  readonly byte_fallback?: boolean;
}

export interface BertNormalizerJson {
  readonly clean_text: boolean;
  readonly handle_chinese_chars: boolean;
  /** Null: as `lowercase`. */
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
}

/** A part that is one of many kinds, told by its `type`. */
export type TypedJson = JsonObject & { readonly type: string };

export interface TokenizerJson {
  readonly vocabulary: Vocabulary;
  readonly model: WordPieceJson | BpeJson | UnigramJson;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: TypedJson | (BertNormalizerJson & TypedJson) | null;
  readonly pre_tokenizer: TypedJson | null;
  readonly decoder: TypedJson | null;
  readonly post_processor: unknown;
  /** What the file itself cuts texts to. */
  readonly truncation: { readonly maxLength: number; readonly side: 'left' | 'right' } | undefined;
}

export interface TokenizerConfigJson {
  readonly eos_token?: unknown;
  /** Infinity where the file sets no limit. */
  readonly model_max_length: number;
  readonly truncation_side: 'left' | 'right';
}

/**
 * Checks a parsed tokenizer.json. `file` is how errors call it. `scanned`: the vocabulary, where it was taken out of the
 * file before.
 */
export function checkTokenizer(value: unknown, file: string, scanned?: Omit<ScannedTokenizer, 'json'>): TokenizerJson {
  const json = object(value, file, '');
  const { model, vocabulary } = checkModel(object(json.model, file, 'model'), scanned, file);
  return {
    vocabulary,
    model,
    added_tokens: checkAddedTokens(json.added_tokens ?? [], vocabulary, file),
    normalizer: checkNormalizer(json.normalizer, file),
    pre_tokenizer: checkTyped(json.pre_tokenizer, file, 'pre_tokenizer', 0),
    decoder: checkTyped(json.decoder, file, 'decoder', 0),
    post_processor: json.post_processor ?? null,
    truncation: checkTruncation(json.truncation ?? undefined, file),
  };
}

function checkTruncation(value: unknown, file: string): TokenizerJson['truncation'] {
  if (value === undefined) return undefined;
  const { max_length: maxLength, direction } = object(value, file, 'truncation');
  if (!Number.isInteger(maxLength) || Number(maxLength) < 0)
    throw new ConfigError(file, 'truncation.max_length', `must be a whole number; found ${JSON.stringify(maxLength)}`);
  return { maxLength: Number(maxLength), side: direction === 'Left' ? 'left' : 'right' };
}

/** Checks a parsed tokenizer_config.json. */
export function checkTokenizerConfig(value: unknown, file: string): TokenizerConfigJson {
  const json = object(value, file, '');
  const length = json.model_max_length ?? Number.MAX_VALUE;
  if (typeof length !== 'number' || !(length >= 1)) {
    throw new ConfigError(file, 'model_max_length', `must be a number of at least 1; found ${JSON.stringify(length)}`);
  }
  const side = json.truncation_side ?? 'right';
  if (side !== 'left' && side !== 'right') {
    throw new ConfigError(file, 'truncation_side', `must be "left" or "right"; found ${JSON.stringify(side)}`);
  }
  return {
    eos_token: json.eos_token,
    // transformers writes 1e30 for "none"
    model_max_length: length > 2 ** 31 ? Number.POSITIVE_INFINITY : Math.floor(length),
    truncation_side: side,
  };
}

/** The text of a token that a config writes as a string or as an object with `content`. */
export function tokenContent(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = typeof value === 'object' && value !== null ? (value as JsonObject).content : undefined;
  return typeof content === 'string' ? content : undefined;
}

function checkModel(
  model: JsonObject,
  scanned: Omit<ScannedTokenizer, 'json'> | undefined,
  file: string,
): Pick<TokenizerJson, 'model' | 'vocabulary'> {
  const type = model.type === undefined ? guessType(model) : text(model.type, file, 'model.type');
  if (type === 'Unigram') return checkUnigram(model, scanned, file);
  if (type !== 'WordPiece' && type !== 'BPE') {
    throw new ConfigError(file, 'model.type', `is "${type}"; supported are WordPiece, BPE and Unigram`);
  }
  const vocabulary = scanned?.vocabulary ?? checkVocab(model.vocab, file);
  if (type === 'BPE') {
    checkMerges(model, vocabulary, file);
    if (model.unk_token != null) checkUnknown(model.unk_token, vocabulary, file);
    for (const field of ['continuing_subword_prefix', 'end_of_word_suffix']) {
      if (model[field] != null) text(model[field], file, `model.${field}`);
    }
    for (const field of ['fuse_unk', 'byte_fallback', 'ignore_merges']) {
      if (model[field] != null) boolean(model[field], file, `model.${field}`);
    }
    return { model: { ...model, type } as unknown as BpeJson, vocabulary };
  }
  const wordPiece: WordPieceJson = {
    ...model,
    type,
    get vocab() {
      return vocabulary.toObject();
    },
    unk_token: checkUnknown(model.unk_token ?? '[UNK]', vocabulary, file),
    continuing_subword_prefix: text(model.continuing_subword_prefix ?? '##', file, 'model.continuing_subword_prefix'),
    max_input_chars_per_word: integer(
      model.max_input_chars_per_word ?? 100,
      file,
      'model.max_input_chars_per_word',
      1,
      longestWord,
    ),
  };
  return { model: wordPiece, vocabulary };
}

/** Older files name no type. */
function guessType(model: JsonObject): string {
  if (Array.isArray(model.vocab)) return 'Unigram';
  return model.merges === undefined ? 'WordPiece' : 'BPE';
}

function checkVocab(value: unknown, file: string): Vocabulary {
  const vocab = object(value, file, 'model.vocab') as Readonly<Record<string, number>>;
  const tokens = Object.keys(vocab);
  for (const token of tokens) integer(vocab[token], file, `model.vocab.${token}`, 0, largestId);
  if (tokens.length === 0) throw new ConfigError(file, 'model.vocab', 'is empty');
  const ids = tokens.map((token) => vocab[token]!);
  const vocabulary = Vocabulary.of(tokens, ids);
  if (typeof vocabulary === 'number') {
    const [token, id] = [tokens[vocabulary], ids[vocabulary]!];
    const owner = tokens[ids.indexOf(id)];
    throw new ConfigError(file, `model.vocab.${token}`, `has the id ${id}, which "${owner}" has already`);
  }
  return vocabulary;
}

function checkUnknown(value: unknown, vocabulary: Vocabulary, file: string): string {
  const token = text(value, file, 'model.unk_token');
  if (vocabulary.ownId(token) === undefined)
    throw new ConfigError(file, 'model.unk_token', `is "${token}", which the vocabulary does not have`);
  return token;
}

/** Each merge is "left right" or ["left", "right"], of tokens that exist. */
function checkMerges(model: JsonObject, vocabulary: Vocabulary, file: string): void {
  for (const [i, merge] of list(model.merges, file, 'model.merges').entries()) {
    const parts = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || parts.some((part) => typeof part !== 'string')) {
      throw new ConfigError(file, `model.merges[${i}]`, 'must be two tokens: "left right" or ["left", "right"]');
    }
    for (const part of parts as string[]) {
      if (vocabulary.ownId(part) === undefined) {
        throw new ConfigError(file, `model.merges[${i}]`, `names "${part}", which the vocabulary does not have`);
      }
    }
  }
}

function checkUnigram(
  model: JsonObject,
  scanned: Omit<ScannedTokenizer, 'json'> | undefined,
  file: string,
): Pick<TokenizerJson, 'model' | 'vocabulary'> {
  const { vocabulary, scores } = scanned?.scores ? { scores: scanned.scores, ...scanned } : checkPieces(model, file);
  if (model.byte_fallback != null) boolean(model.byte_fallback, file, 'model.byte_fallback');
  if (model.unk_id != null) integer(model.unk_id, file, 'model.unk_id', 0, scores.length - 1);
  const unigram = {
    ...model,
    type: 'Unigram' as const,
    scores,
    get vocab(): UnigramJson['vocab'] {
      return Array.from(scores, (score, id) => [vocabulary.token(id) ?? '', score] as const);
    },
  };
  return { model: unigram as UnigramJson, vocabulary };
}

function checkPieces(model: JsonObject, file: string): { vocabulary: Vocabulary; scores: Float64Array } {
  const vocab = list(model.vocab, file, 'model.vocab');
  if (vocab.length === 0) throw new ConfigError(file, 'model.vocab', 'is empty');
  for (const [i, entry] of vocab.entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Number.isFinite(entry[1])) {
      throw new ConfigError(file, `model.vocab[${i}]`, 'must be a piece and its score: ["piece", -1.5]');
    }
  }
  const entries = vocab as UnigramJson['vocab'];
  const scores = Float64Array.from(entries, ([, score]) => score);
  return { vocabulary: vocabularyOfPieces(entries.map(([piece]) => piece)), scores };
}

/** Ids are the places in the list; a piece that stands twice has the last, and both ids stand for it. */
function vocabularyOfPieces(pieces: readonly string[]): Vocabulary {
  const plain = Vocabulary.of(pieces, [...pieces.keys()]);
  if (plain instanceof Vocabulary) return plain;
  const last = new Map(pieces.map((piece, id) => [piece, id]));
  const vocabulary = Vocabulary.of([...last.keys()], [...last.values()]) as Vocabulary;
  for (const [id, piece] of pieces.entries()) vocabulary.add(piece, id);
  return vocabulary;
}

function checkAddedTokens(value: unknown, vocabulary: Vocabulary, file: string): AddedTokenJson[] {
  return list(value, file, 'added_tokens').map((entry, i) => {
    const field = `added_tokens[${i}]`;
    const json = object(entry, file, field);
    const content = text(json.content, file, `${field}.content`);
    const id = integer(json.id, file, `${field}.id`, 0, largestId);
    const owner = vocabulary.token(id);
    if (owner !== undefined && owner !== content) {
      throw new ConfigError(file, `${field}.id`, `is ${id} for "${content}", but "${owner}" has that id`);
    }
    const known = vocabulary.id(content);
    if (known !== undefined && known !== id) {
      throw new ConfigError(file, `${field}.id`, `is ${id} for "${content}", but its id elsewhere is ${known}`);
    }
    vocabulary.add(content, id);
    const flag = (name: string, otherwise: boolean) => boolean(json[name] ?? otherwise, file, `${field}.${name}`);
    const special = flag('special', false);
    return {
      id,
      content,
      special,
      normalized: flag('normalized', !special),
      single_word: flag('single_word', false),
      lstrip: flag('lstrip', false),
      rstrip: flag('rstrip', false),
    };
  });
}

function checkNormalizer(value: unknown, file: string): TypedJson | null {
  const json = checkTyped(value, file, 'normalizer', 0);
  if (json?.type !== 'BertNormalizer') return json;
  const flag = (name: string) => boolean(json[name] ?? true, file, `normalizer.${name}`);
  const accents = json.strip_accents ?? null;
  return {
    type: json.type,
    clean_text: flag('clean_text'),
    handle_chinese_chars: flag('handle_chinese_chars'),
    strip_accents: accents === null ? null : boolean(accents, file, 'normalizer.strip_accents'),
    lowercase: flag('lowercase'),
  };
}

/** Null, or an object with a `type`; members of sequences are checked too, to a bounded depth. */
function checkTyped(value: unknown, file: string, field: string, depth: number): TypedJson | null {
  if (value === null || value === undefined) return null;
  if (depth > deepestNesting) throw new ConfigError(file, field, `is nested deeper than ${deepestNesting} levels`);
  const json = object(value, file, field);
  text(json.type, file, `${field}.type`);
  for (const members of ['normalizers', 'pretokenizers', 'decoders']) {
    if (json[members] === undefined) continue;
    for (const [i, member] of list(json[members], file, `${field}.${members}`).entries()) {
      checkTyped(object(member, file, `${field}.${members}[${i}]`), file, `${field}.${members}[${i}]`, depth + 1);
    }
  }
  return json as TypedJson;
}
