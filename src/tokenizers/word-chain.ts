/** Normalizer, pre-tokenizer and model of a tokenizer.json, written here: from text to tokens that know where they came from. */
import type { AlignedText } from './aligned-text.js';
import { Bpe } from './bpe.js';
import { byteCharacters, byteUnits } from './byte-characters.js';
import { buildNormalizer, type Normalizer } from './normalizers.js';
import type { BpeJson, TokenizerJson, UnigramJson, WordPieceJson } from './schema.js';
import { buildSplitter, type Splitter } from './splitters.js';
import { Unigram } from './unigram.js';
import type { Vocabulary } from './vocabulary.js';
import { CachedModel, type WordModel, type WordTokens } from './word-model.js';
import { WordPiece } from './wordpiece.js';

/** Tokens of one text, before special ones are put around them. */
export interface TextTokens {
  readonly ids: number[];
  /** Where each begins and ends in the text, in UTF-16 units. */
  readonly starts: number[];
  readonly ends: number[];
  /** Which word each belongs to. */
  readonly words: number[];
  /** What stands for unknown text, by the token's number. */
  readonly texts: Map<number, string>;
}

export class WordChain {
  readonly normalize: Normalizer;
  readonly #splitter: Splitter;
  readonly #model: WordModel;

  private constructor(normalize: Normalizer, splitter: Splitter, model: WordModel) {
    this.normalize = normalize;
    this.#splitter = splitter;
    this.#model = new CachedModel(model);
  }

  /** Undefined: some part of the file is of a kind that is not written here. */
  static build(json: TokenizerJson, file: string): WordChain | undefined {
    const normalize = buildNormalizer(json.normalizer, file);
    const splitter = buildSplitter(json.pre_tokenizer, file);
    return normalize && splitter && new WordChain(normalize, splitter, modelOf(json.model, json.vocabulary));
  }

  /** Appends the ids of normalized text. */
  encode(text: AlignedText, ids: number[]): void {
    for (const word of this.#splitter.split(text)) {
      for (const id of this.#tokenize(word.text).ids) ids.push(id);
    }
  }

  /** Appends the tokens of normalized text. */
  align(text: AlignedText, into: TextTokens): void {
    for (const word of this.#splitter.split(text)) {
      const { ids, begins, ends, texts } = this.#tokenize(word.text);
      // of a text written as bytes, tokens end at bytes, and stand for the characters those belong to
      const units = this.#splitter.bytes ? byteUnits(word.text) : undefined;
      const number = (into.words.at(-1) ?? -1) + 1;
      let begin = 0;
      ids.forEach((id, i) => {
        const end = ends[i] ?? 0;
        // several tokens may stand for one character: those after the first begin where it does
        const from = Math.min(begins?.[i] ?? begin, end - 1);
        const last = end - 1;
        const replaced = texts?.get(i);
        if (replaced !== undefined) into.texts.set(into.ids.length, replaced);
        into.ids.push(id);
        into.starts.push(word.start(units ? (units[from] ?? 0) : characterStart(word.text, from)));
        into.ends.push(word.end(units ? (units[last] ?? 0) : last));
        into.words.push(number);
        begin = end;
      });
    }
  }

  #tokenize(word: string): WordTokens {
    return this.#model.tokenize(this.#splitter.bytes ? byteCharacters(word) : word);
  }
}

function characterStart(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

function modelOf(model: WordPieceJson | BpeJson | UnigramJson, vocabulary: Vocabulary): WordModel {
  if (model.type === 'BPE') return new Bpe(model, vocabulary);
  if (model.type === 'Unigram') return new Unigram(model, vocabulary);
  const wordPiece = new WordPiece(model, vocabulary);
  const prefix = model.continuing_subword_prefix.length;
  return {
    tokenize(word) {
      const ids: number[] = [];
      wordPiece.encode(word, ids);
      let end = 0;
      const ends = ids.map((id, i) => (end += (vocabulary.token(id)?.length ?? 0) - (i > 0 ? prefix : 0)));
      // a word that no pieces cover is one unknown
      return { ids, ends: ids.length === 1 ? [word.length] : ends };
    },
  };
}
