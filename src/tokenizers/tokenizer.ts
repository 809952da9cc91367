/** The tokenizer of a model folder: text in, ids out, equal to the reference's `tokenizers` library. */
import { join } from 'node:path';
import { ConfigError, UsageError } from '../errors.js';
import { JsonFile, parseJson, readJsonBytes } from '../json-file.js';
import { checkOptions, describeValue, type OptionName } from '../options.js';
import { AddedTokens } from './added-tokens.js';
import { BertTextModel, isBert } from './bert.js';
import { readJsonObject } from './fields.js';
import { createLibrary, type Library, LibraryTextModel } from './library.js';
import { checkTokenizer, checkTokenizerConfig, type TokenizerConfigJson, type TokenizerJson } from './schema.js';
import { readTemplate, type Template } from './template.js';
import type { TextModel } from './text-model.js';
import { type TruncationSide, type TruncationStrategy, truncate } from './truncate.js';
import { scanTokenizer } from './vocabulary.js';

const tokenizerFile = 'tokenizer.json';
const configFile = 'tokenizer_config.json';
const largestTokenizerFile = 256 * 2 ** 20;
const largestConfigFile = 16 * 2 ** 20;

/** Options of {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /** The second text of a pair. An empty string is a second text too. */
  pair?: string | undefined;
  /** Put the model's special tokens around the text. Default true. */
  addSpecialTokens?: boolean | undefined;
  /** Cut what is longer than `maxLength`; `true` is `longest_first`. Default false. */
  truncation?: boolean | TruncationStrategy | undefined;
  /** Most ids, special tokens included. Default {@link Tokenizer.modelMaxLength}. Used with `truncation`. */
  maxLength?: number | undefined;
}

/** What {@link Tokenizer.encode} gives. */
export interface Encoding {
  /** Token ids, `[tokens]`. */
  ids: Int32Array;
  /** Segment ids, `[tokens]`: which text of a pair a token belongs to, as the model's template says. */
  typeIds: Int32Array;
  /** 1 where the template put a special token, `[tokens]`. */
  specialTokensMask: Uint8Array;
  /** How many ids were cut off. */
  truncated: number;
}

const encodeOptionNames = [
  'pair',
  'addSpecialTokens',
  'truncation',
  'maxLength',
] as const satisfies readonly OptionName[];

/** Turns text into token ids and back. */
export class Tokenizer {
  /** WordPiece, BPE or Unigram. */
  readonly kind: string;
  /** Tokens that have an id, added ones included. */
  readonly vocabSize: number;
  /** The limit tokenizer_config.json sets; Infinity where it sets none. A model may have a lower one. */
  readonly modelMaxLength: number;
  /** Which end `truncation` cuts off. */
  readonly truncationSide: TruncationSide;
  private readonly file: string;
  private readonly json: TokenizerJson;
  private readonly config: TokenizerConfigJson;
  private readonly specialIds: Set<number>;
  private readonly model: TextModel;
  private readonly addedTokens: AddedTokens;
  private readonly template: Template;
  private library: Library | undefined;

  private constructor(json: TokenizerJson, config: TokenizerConfigJson, file: string) {
    this.file = file;
    this.json = json;
    this.config = config;
    this.kind = json.model.type;
    this.modelMaxLength = config.model_max_length;
    this.truncationSide = config.truncation_side;
    this.vocabSize = json.vocabulary.size;
    this.specialIds = new Set(json.added_tokens.filter((token) => token.special).map((token) => token.id));
    this.template = readTemplate(json.post_processor, file, (id) => this.idToToken(id) !== undefined);
    const model: TextModel = isBert(json) ? new BertTextModel(json) : new LibraryTextModel(this.getLibrary());
    this.model = model;
    this.addedTokens = new AddedTokens(json.added_tokens, (text) => model.normalize(text));
  }

  /**
   * Reads `tokenizer.json` and, where there is one, `tokenizer_config.json` of a model folder. Their truncation and
   * padding entries are ignored: the caller's limits win.
   * @throws {ConfigError} A file is missing, or something in it is not what it should be.
   */
  static async load(dir: string): Promise<Tokenizer> {
    const file = join(dir, tokenizerFile);
    if (!(await JsonFile.exists(file))) {
      throw new ConfigError(file, '', 'does not exist; save the model with a fast tokenizer, which writes this file');
    }
    const bytes = await readJsonBytes(file, largestTokenizerFile);
    const configPath = join(dir, configFile);
    const config = (await readJsonObject(configPath, largestConfigFile)) ?? {};
    const { json, vocabulary } = scanTokenizer(bytes) ?? { json: parseJson(bytes, file) };
    return new Tokenizer(checkTokenizer(json, file, vocabulary), checkTokenizerConfig(config, configPath), file);
  }

  /**
   * Builds a tokenizer from parsed files.
   * @throws {ConfigError} Something in them is not what it should be.
   */
  static fromJson(tokenizer: unknown, config: unknown = {}): Tokenizer {
    return new Tokenizer(
      checkTokenizer(tokenizer, tokenizerFile),
      checkTokenizerConfig(config, configFile),
      tokenizerFile,
    );
  }

  /** Special tokens put around one text. */
  get specialTokensCount(): number {
    return this.template.specialTokens(false);
  }

  /** Special tokens put around and between a pair of texts. */
  get pairSpecialTokensCount(): number {
    return this.template.specialTokens(true);
  }

  /**
   * Encodes one text, or a pair. Unpaired surrogates count as U+FFFD.
   * @throws {UsageError} The text is no string, an option makes no sense, or `maxLength` has no room for the special tokens.
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    checkOptions('Tokenizer.encode', options, encodeOptionNames);
    if (typeof text !== 'string') throw new UsageError(`Tokenizer.encode takes a string, got ${describeValue(text)}`);
    const { pair, addSpecialTokens = true, truncation = false } = options;
    let first: readonly number[] = this.encodeText(text);
    let second: readonly number[] | undefined = pair === undefined ? undefined : this.encodeText(pair);
    const whole = first.length + (second?.length ?? 0);
    if (truncation !== false) {
      const room = this.room(options.maxLength ?? this.modelMaxLength, addSpecialTokens, pair !== undefined);
      const strategy = truncation === true ? 'longest_first' : truncation;
      [first, second] = truncate(first, second, room, strategy, this.truncationSide);
    }
    const truncated = whole - first.length - (second?.length ?? 0);
    return { ...this.template.apply(first, second, addSpecialTokens), truncated };
  }

  /**
   * {@link Tokenizer.encode} of one text with its special tokens, cut to `maxLength`, as plain lists. Types are undefined
   * where all are 0. Nothing but `maxLength` is checked.
   */
  sequence(text: string, maxLength: number): { ids: number[]; typeIds: number[] | undefined; truncated: number } {
    const whole = this.encodeText(text);
    const room = this.room(maxLength, true, false);
    const [kept] = truncate(whole, undefined, room, 'longest_first', this.truncationSide);
    return { ...this.template.wrap(kept), truncated: whole.length - kept.length };
  }

  /** Encodes each text. `options` are those of {@link encode}, without `pair`. */
  encodeBatch(texts: readonly string[], options: Omit<EncodeOptions, 'pair'> = {}): Encoding[] {
    if (!Array.isArray(texts)) {
      throw new UsageError(`Tokenizer.encodeBatch takes a list of strings, got ${describeValue(texts)}`);
    }
    return Array.from(texts, (text) => this.encode(text, options));
  }

  /**
   * The text of a sequence of ids.
   * @throws {UsageError} An id is not in the vocabulary.
   */
  decode(ids: ArrayLike<number>, options: { skipSpecialTokens?: boolean | undefined } = {}): string {
    checkOptions('Tokenizer.decode', options, ['skipSpecialTokens']);
    if (!Array.isArray(ids) && !ArrayBuffer.isView(ids)) {
      throw new UsageError(`Tokenizer.decode takes a list of ids, got ${describeValue(ids)}`);
    }
    const { skipSpecialTokens = true } = options;
    const tokens: string[] = [];
    for (const id of Array.from(ids)) {
      const token = this.idToToken(id);
      if (token === undefined) throw new UsageError(`decode: no token has the id ${id}`);
      if (!skipSpecialTokens || !this.specialIds.has(id)) tokens.push(token);
    }
    if (tokens.length === 0) return '';
    return this.getLibrary().decoder?.decode(tokens) ?? tokens.join(' ');
  }

  /** Id of a token, or undefined. */
  tokenToId(token: string): number | undefined {
    return this.json.vocabulary.id(token);
  }

  /** Token of an id, or undefined. */
  idToToken(id: number): string | undefined {
    return this.json.vocabulary.token(id);
  }

  private encodeText(text: string): number[] {
    const ids: number[] = [];
    for (const section of this.addedTokens.split(wellFormed(text))) {
      if ('id' in section) ids.push(section.id);
      else this.model.encode(section.text, section.first, ids);
    }
    return ids;
  }

  private room(maxLength: number, addSpecialTokens: boolean, pair: boolean): number {
    const special = addSpecialTokens ? this.template.specialTokens(pair) : 0;
    if (!(maxLength >= special) || (maxLength !== Number.POSITIVE_INFINITY && !Number.isInteger(maxLength))) {
      throw new UsageError(
        `maxLength must be a whole number with room for the ${special} special tokens; got ${maxLength}`,
      );
    }
    return maxLength - special;
  }

  /** BERT's chain needs it only to decode, so it is built when first asked for. */
  private getLibrary(): Library {
    this.library ??= createLibrary(this.json, this.config, this.file);
    return this.library;
  }
}

function wellFormed(text: string): string {
  // TypeScript's ES2022 does not have it, Node 20 does.
  return (text as string & { toWellFormed(): string }).toWellFormed();
}
