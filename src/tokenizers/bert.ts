/** BERT's own text handling (Devlin et al. 2018): normalizer, word splitter and WordPiece, equal to the reference's. */
import { dropped, ideographs, nonSpacingMarks, spaces, words } from './bert-characters.js';
import type { BertNormalizerJson, TokenizerJson, WordPieceJson } from './schema.js';
import type { TextModel } from './text-model.js';
import { WordPiece } from './wordpiece.js';

const printableAscii = /^[\x20-\x7e]*$/;

/** Cleans, spaces out ideographs, strips accents and lower-cases, in the order of the reference. */
export function bertNormalize(text: string, options: BertNormalizerJson): string {
  if (printableAscii.test(text)) return options.lowercase ? text.toLowerCase() : text;
  let result = text;
  if (options.clean_text) result = result.replace(dropped, '').replace(spaces, ' ');
  if (options.handle_chinese_chars) result = result.replace(ideographs, ' $& ');
  if (options.strip_accents ?? options.lowercase) result = result.normalize('NFD').replace(nonSpacingMarks, '');
  // The reference lowers one code point at a time; of a whole string JavaScript writes a final sigma differently.
  if (options.lowercase) result = result.replaceAll('Σ', 'σ').toLowerCase();
  return result;
}

/** WordPiece behind BertNormalizer and BertPreTokenizer. */
export class BertTextModel implements TextModel {
  private readonly options: BertNormalizerJson | undefined;
  private readonly wordPiece: WordPiece;

  constructor(json: BertJson) {
    this.options = json.normalizer ?? undefined;
    this.wordPiece = new WordPiece(json.model, json.vocabulary);
  }

  normalize(text: string): string {
    return this.options === undefined ? text : bertNormalize(text, this.options);
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of text.match(words) ?? []) this.wordPiece.encode(word, ids);
    return ids;
  }
}

/** A checked tokenizer.json whose whole chain is BERT's. */
export type BertJson = Omit<TokenizerJson, 'model' | 'normalizer'> & {
  readonly model: WordPieceJson;
  readonly normalizer: BertNormalizerJson | null;
};

export function isBert(json: TokenizerJson): json is TokenizerJson & BertJson {
  return (
    json.model.type === 'WordPiece' &&
    (json.normalizer === null || json.normalizer.type === 'BertNormalizer') &&
    json.pre_tokenizer?.type === 'BertPreTokenizer'
  );
}
