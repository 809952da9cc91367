/** The tokenizer of a model folder: text in, ids out, equal to the reference's `tokenizers` library. */
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { JsonFile, parseJson, readJsonBytes } from '../json-file.js';
import { checkOptions, describeValue, type OptionName } from '../options.js';
import { AddedTokens } from './added-tokens.js';
import { AlignedText } from './aligned-text.js';
import { BertTextModel, isBert } from './bert.js';
import { buildDecoder, type Decoder } from './decoders.js';
import { type Aligned, Encoding } from './encoding.js';
import { readJsonObject } from './fields.js';
import { createLibrary, type Library, LibraryTextModel } from './library.js';
import { buildOlderTokenizer } from './older/build.js';
import { partsOf, type Range } from './overflow.js';
import { checkTokenizer, checkTokenizerConfig, type TokenizerConfigJson, type TokenizerJson } from './schema.js';
import { readTemplate, type Template } from './template.js';
import type { TextModel } from './text-model.js';
import { readTrimOffsets, type TrimOffsets, trimOffsets } from './trim-offsets.js';
import { keptLengths, type TruncationSide, type TruncationStrategy } from './truncate.js';
import { scanTokenizer } from './vocabulary.js';
import { type TextTokens, WordChain } from './word-chain.js';

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
  /** How many tokens each part in `overflowing` shares with the one before. Default 0. Used with `truncation`. */
  stride?: number | undefined;
}

const encodeOptionNames = [
  'pair',
  'addSpecialTokens',
  'truncation',
  'maxLength',
  'stride',
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
  /** The quick way to ids, where there is one, or the library's. */
  private readonly model: TextModel | undefined;
  private readonly addedTokens: AddedTokens;
  private readonly template: Template;
  /** What keeps track of places; undefined where a part of the file is of a kind that is not written here. */
  private readonly chain: WordChain | undefined;
  private readonly trims: TrimOffsets | undefined;
  private decoder: Decoder | undefined;
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
    this.template = readTemplate(json.post_processor, file, (id) => json.vocabulary.token(id) !== undefined);
    const chain = WordChain.build(json, file);
    this.chain = chain;
    this.trims = readTrimOffsets(json.post_processor);
    if (isBert(json)) this.model = new BertTextModel(json);
    else if (!chain) this.model = new LibraryTextModel(this.getLibrary());
    const normalize = (text: string) =>
      this.model?.normalize(text) ?? chain?.normalize(AlignedText.of(text)).text ?? text;
    this.addedTokens = new AddedTokens(json.added_tokens, normalize);
  }

  /**
   * Reads `tokenizer.json` and, where there is one, `tokenizer_config.json` of a model folder. Their truncation and padding
   * entries are ignored: the caller's limits win. Without a tokenizer.json it is built from vocab.txt, from vocab.json and
   * merges.txt, or from a SentencePiece model, as transformers' class of that name does it.
   * @throws {ConfigError} A file is missing, or something in it is not what it should be.
   */
  static async load(dir: string): Promise<Tokenizer> {
    const file = join(dir, tokenizerFile);
    const configPath = join(dir, configFile);
    const bytes = (await JsonFile.exists(file)) ? await readJsonBytes(file, largestTokenizerFile) : undefined;
    const config = checkTokenizerConfig((await readJsonObject(configPath, largestConfigFile)) ?? {}, configPath);
    if (bytes === undefined) {
      const built = await buildOlderTokenizer(dir);
      return new Tokenizer(checkTokenizer(built.json, built.file), config, built.file);
    }
    const scanned = scanTokenizer(bytes);
    const json = scanned === undefined ? parseJson(bytes, file) : scanned.json;
    return new Tokenizer(checkTokenizer(json, file, scanned), config, file);
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

  /** What tokens inside a word begin with (`##`); empty where the model has no such mark. */
  get continuingSubwordPrefix(): string {
    const { model } = this.json;
    return model.type === 'Unigram' ? '' : (model.continuing_subword_prefix ?? '');
  }

  /** What tokenizer.json itself cuts texts to, of which nothing here takes notice by itself. @internal */
  get truncation(): TokenizerJson['truncation'] {
    return this.json.truncation;
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
    const { pair, addSpecialTokens = true, truncation = false, stride = 0 } = options;
    if (!Number.isInteger(stride) || stride < 0) {
      throw new UsageError(`stride must be a whole number from 0; got ${stride}`);
    }
    const first = this.encodeText(text);
    const second = pair === undefined ? undefined : this.encodeText(pair);
    const room = truncation === false ? Infinity : this.room(options.maxLength, addSpecialTokens, pair !== undefined);
    const strategy = typeof truncation === 'string' ? truncation : 'longest_first';
    const [keepFirst, keepSecond] = keptLengths(first.length, second?.length, room, strategy);
    const firstParts = partsOf(first.length, keepFirst, stride, this.truncationSide);
    const secondParts = second && partsOf(second.length, keepSecond, stride, this.truncationSide);
    let aligned: { first: Aligned; second: Aligned | undefined } | undefined;
    const align = () => {
      aligned ??= { first: this.align(text), second: pair === undefined ? undefined : this.align(pair) };
      return aligned;
    };
    const build = (a: Range, b: Range | undefined, overflowing: () => readonly Encoding[]) => {
      const ids = first.slice(a.begin, a.end);
      const pairIds = second && b && second.slice(b.begin, b.end);
      const overflows = [a !== firstParts[0], b !== secondParts?.[0]] as const;
      const filled = this.template.apply(ids, pairIds, addSpecialTokens, overflows);
      const layout = this.template.layout(ids.length, pairIds?.length, addSpecialTokens);
      const truncated = first.length + (second?.length ?? 0) - ids.length - (pairIds?.length ?? 0);
      const token = (id: number) => this.idToToken(id) ?? '';
      return new Encoding(filled, truncated, { first: a, second: b, align, token, overflowing, layout });
    };
    const [a = { begin: 0, end: 0 }, ...moreOfFirst] = firstParts;
    const [b, ...moreOfSecond] = secondParts ?? [];
    // every further part of the first text with every part of the second, then the first part with the second's others
    const others = () => [
      ...moreOfFirst.flatMap((part) => (secondParts ?? [undefined]).map((other) => build(part, other, () => []))),
      ...moreOfSecond.map((other) => build(a, other, () => [])),
    ];
    return build(a, b, others);
  }

  /**
   * {@link Tokenizer.encode} of one text, cut to `maxLength`, as plain lists. Types are undefined where all are 0. Nothing but
   * `maxLength` is checked.
   */
  sequence(
    text: string,
    maxLength: number,
    addSpecialTokens = true,
  ): { ids: number[]; typeIds: number[] | undefined; truncated: number } {
    const whole = this.encodeText(text);
    const surplus = whole.length - this.room(maxLength, addSpecialTokens, false);
    const kept =
      surplus <= 0 ? whole : this.truncationSide === 'right' ? whole.slice(0, -surplus) : whole.slice(surplus);
    const wrapped = addSpecialTokens ? this.template.wrap(kept) : { ids: kept, typeIds: undefined };
    return { ...wrapped, truncated: whole.length - kept.length };
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
    return this.tokensToText(tokens);
  }

  /** The text that tokens stand for, as they are written in the vocabulary: what the reference calls convert_tokens_to_string. */
  tokensToText(tokens: readonly string[]): string {
    if (tokens.length === 0) return '';
    this.decoder ??=
      buildDecoder(this.json.decoder, this.file) ??
      ((list) => [this.getLibrary().decoder?.decode([...list]) ?? list.join(' ')]);
    return this.decoder(tokens).join('');
  }

  /** Id of a token, or undefined. */
  tokenToId(token: string): number | undefined {
    return this.json.vocabulary.id(token);
  }

  /** Token of an id, or undefined. An added token that is matched in normalized text is written as it stands there. */
  idToToken(id: number): string | undefined {
    return this.addedTokens.normalizedContent(id) ?? this.json.vocabulary.token(id);
  }

  private encodeText(text: string): number[] {
    const ids: number[] = [];
    const { model, chain } = this;
    if (model) {
      for (const section of this.addedTokens.split(wellFormed(text))) {
        if ('id' in section) ids.push(section.id);
        else model.encode(section.text, section.first, ids);
      }
    } else if (chain) {
      for (const section of this.addedTokens.align(AlignedText.of(wellFormed(text)), chain.normalize)) {
        if (section.id !== undefined) ids.push(section.id);
        else chain.encode(section.text, ids);
      }
    }
    return ids;
  }

  /** The tokens of {@link Tokenizer.encodeText} with their places. */
  private align(text: string): Aligned {
    const { chain } = this;
    if (!chain) {
      throw new UsageError(
        'this tokenizer has parts of kinds that give ids only: offsets, words and tokens are not known',
      );
    }
    const all: TextTokens = { ids: [], starts: [], ends: [], words: [], texts: new Map() };
    for (const section of this.addedTokens.align(AlignedText.of(wellFormed(text)), chain.normalize)) {
      if (section.id === undefined) {
        chain.align(section.text, all);
        continue;
      }
      all.words.push((all.words.at(-1) ?? -1) + 1);
      all.texts.set(all.ids.length, section.matched);
      all.ids.push(section.id);
      all.starts.push(section.start);
      all.ends.push(section.end);
    }
    const tokens = all.ids.map((id, i) => all.texts.get(i) ?? this.idToToken(id) ?? '');
    if (this.trims) trimOffsets(wellFormed(text), tokens, all, this.trims);
    return { ...all, tokens };
  }

  private room(wanted: number | undefined, addSpecialTokens: boolean, pair: boolean): number {
    const maxLength = wanted ?? this.modelMaxLength;
    const special = addSpecialTokens ? this.template.specialTokens(pair) : 0;
    if (!(maxLength >= special) || (maxLength !== Number.POSITIVE_INFINITY && !Number.isInteger(maxLength))) {
      throw new UsageError(
        `maxLength must be a whole number with room for the ${special} special tokens; got ${maxLength}`,
      );
    }
    return maxLength - special;
  }

  /** Only for kinds that are not written here, so it is built when first asked for. */
  private getLibrary(): Library {
    this.library ??= createLibrary(this.json, this.config, this.file);
    return this.library;
  }
}

function wellFormed(text: string): string {
  // TypeScript's ES2022 does not have it, Node 20 does.
  return (text as string & { toWellFormed(): string }).toWellFormed();
}
