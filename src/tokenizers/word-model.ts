/** What a model makes of one word. */
export interface WordTokens {
  readonly ids: readonly number[];
  /** Where each token ends in the word, in UTF-16 units. */
  readonly ends: readonly number[];
  /** Where each begins, if not where the one before ends. */
  readonly begins?: readonly number[];
  /** What stands for unknown text, by the token's number, where that is not the token of its id. */
  readonly texts?: ReadonlyMap<number, string>;
}

/** From words to tokens: WordPiece, BPE or Unigram. */
export interface WordModel {
  tokenize(word: string): WordTokens;
}

const longestCached = 64;
const mostCached = 1 << 15;

/** Natural text is made of few words: each is tokenized once. */
export class CachedModel implements WordModel {
  readonly #model: WordModel;
  readonly #known = new Map<string, WordTokens>();

  constructor(model: WordModel) {
    this.#model = model;
  }

  tokenize(word: string): WordTokens {
    if (word.length > longestCached) return this.#model.tokenize(word);
    let tokens = this.#known.get(word);
    if (tokens === undefined) {
      tokens = this.#model.tokenize(word);
      if (this.#known.size >= mostCached) this.#known.clear();
      this.#known.set(word, tokens);
    }
    return tokens;
  }
}
