/** BERT's own text handling (Devlin et al. 2018): normalizer, word splitter and WordPiece, equal to the reference's. */
import {
  BLANK,
  blanks,
  classesOf,
  DROPPED,
  dropped,
  IDEOGRAPH,
  ideographs,
  NON_SPACING_MARK,
  nonSpacingMarks,
  PUNCTUATION,
  SPACE,
} from './bert-characters.js';
import type { BertNormalizerJson, TokenizerJson, WordPieceJson } from './schema.js';
import type { TextModel } from './text-model.js';
import { WordPiece } from './wordpiece.js';

/** Cleans, spaces out ideographs, strips accents and lower-cases, in the order of the reference. */
export function bertNormalize(text: string, options: BertNormalizerJson): string {
  let result = text;
  // What is in the text is found by table first: the expressions are slow, and most texts need none of them.
  const found = classesIn(text);
  if (options.clean_text) {
    if (found & DROPPED) result = result.replace(dropped, '');
    if (found & BLANK) result = result.replace(blanks, ' ');
  }
  if (options.handle_chinese_chars && found & IDEOGRAPH) result = result.replace(ideographs, ' $& ');
  if ((options.strip_accents ?? options.lowercase) && found & notAscii) {
    result = result.normalize('NFD');
    if (classesIn(result) & NON_SPACING_MARK) result = result.replace(nonSpacingMarks, '');
  }
  if (!options.lowercase) return result;
  // The reference lowers one code point at a time; of a whole string JavaScript writes a final sigma differently.
  return (found & notAscii ? result.replaceAll('Σ', 'σ') : result).toLowerCase();
}

/** A bit beside those of the classes. */
const notAscii = 1 << 8;

/** The classes that at least one character of `text` is in. */
function classesIn(text: string): number {
  let found = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    found |= unit < 0x80 ? classesOf(unit) : classesOf(text.codePointAt(i) ?? unit) | notAscii;
  }
  return found;
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

  /** Words are what stands between spaces; a punctuation character is a word of its own. */
  encode(text: string, _first: boolean, ids: number[]): void {
    let begin = 0;
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0;
      const next = at + (code > 0xffff ? 2 : 1);
      const classes = classesOf(code) & (SPACE | PUNCTUATION);
      if (classes !== 0) {
        if (at > begin) this.wordPiece.encode(text.slice(begin, at), ids);
        if (classes & PUNCTUATION) this.wordPiece.encode(text.slice(at, next), ids);
        begin = next;
      }
      at = next;
    }
    if (begin < text.length) this.wordPiece.encode(text.slice(begin), ids);
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
