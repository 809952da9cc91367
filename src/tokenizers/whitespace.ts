/** Words between spaces, as sentence-transformers' WhitespaceTokenizer finds them. */
import { join } from 'node:path';
import { JsonFile } from '../json-file.js';

const settingsFile = 'whitespacetokenizer_config.json';
/** What Python's str.split splits at. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python's separators of files, groups, records and units are spaces
const spaces = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
/** ASCII's punctuation, at both ends. */
const punctuation = /^[!-/:-@[-`{-~]+|[!-/:-@[-`{-~]+$/g;

/** Ids of the words of a text that are in a vocabulary; others, and stop words, are passed over. */
export class WhitespaceTokenizer {
  readonly kind = 'Whitespace';
  readonly vocabSize: number;
  readonly modelMaxLength = Number.POSITIVE_INFINITY;
  readonly specialTokensCount = 0;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #stopWords: ReadonlySet<string>;
  readonly #lowerCase: boolean;

  constructor(vocab: readonly string[], stopWords: readonly string[] = [], lowerCase = false) {
    this.vocabSize = vocab.length;
    this.#ids = new Map(vocab.map((word, id) => [word, id]));
    this.#stopWords = new Set(stopWords);
    this.#lowerCase = lowerCase;
  }

  /** Reads `whitespacetokenizer_config.json`. @throws ConfigError naming file and field. */
  static async load(folder: string): Promise<WhitespaceTokenizer> {
    const config = await JsonFile.read(join(folder, settingsFile));
    const words = (field: string): readonly string[] => {
      const list = config.value[field] ?? [];
      if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list;
      throw config.error(field, 'must be a list of words');
    };
    return new WhitespaceTokenizer(words('vocab'), words('stop_words'), config.boolean('do_lower_case', false));
  }

  /** A word counts as it stands, without the punctuation around it, or so in lower case: the first that is known. */
  encode(text: string): { readonly ids: number[] } {
    const ids: number[] = [];
    const cased = this.#lowerCase ? text.toLowerCase() : text;
    for (const word of cased.split(spaces)) {
      const id = word === '' ? undefined : this.#idOf(word);
      if (id !== undefined) ids.push(id);
    }
    return { ids };
  }

  /** {@link WhitespaceTokenizer.encode}, cut to `maxLength`. */
  sequence(text: string, maxLength: number): { ids: number[]; typeIds: undefined; truncated: number } {
    const { ids } = this.encode(text);
    const kept = ids.length > maxLength ? ids.slice(0, maxLength) : ids;
    return { ids: kept, typeIds: undefined, truncated: ids.length - kept.length };
  }

  #idOf(word: string): number | undefined {
    const stripped = word.replaceAll(punctuation, '');
    for (const form of [word, stripped, stripped.toLowerCase()]) {
      if (this.#stopWords.has(form)) return undefined;
      const id = form === '' ? undefined : this.#ids.get(form);
      if (id !== undefined) return id;
    }
    return undefined;
  }
}
