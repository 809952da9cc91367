/** From plain text to ids, without special tokens: what differs between kinds of tokenizer. */
export interface TextModel {
  /** Applied to what lies between added tokens. */
  normalize(text: string): string;
  /** Appends the ids of normalized text to `ids`. `first`: the text stands at the very beginning of the input. */
  encode(text: string, first: boolean, ids: number[]): void;
}
