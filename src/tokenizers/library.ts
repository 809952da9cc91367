/** BPE, Unigram and every other kind than BERT's: normalizers, splitters, models and decoders of @huggingface/tokenizers. */
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { ConfigError } from '../errors.js';
import type { TokenizerConfigJson, TokenizerJson } from './schema.js';
import { tokenContent } from './schema.js';
import type { TextModel } from './text-model.js';

/** Builds the library's tokenizer without the parts that are ours: added tokens, truncation, padding, template. */
export function createLibrary(json: TokenizerJson, config: TokenizerConfigJson, file: string): Library {
  const endOfText = tokenContent(config.eos_token);
  try {
    return new Library(
      { ...json, added_tokens: [], post_processor: null, truncation: null, padding: null },
      { clean_up_tokenization_spaces: false, ...(endOfText === undefined ? {} : { eos_token: endOfText }) },
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(file, '', `describes a tokenizer that cannot be built: ${reason}`, { cause });
  }
}

export class LibraryTextModel implements TextModel {
  private readonly library: Library;
  private readonly unknown: number | undefined;

  constructor(library: Library) {
    this.library = library;
    this.unknown = library.model?.unk_token_id;
  }

  normalize(text: string): string {
    return this.library.normalizer?.normalize(text) ?? text;
  }

  encode(text: string, first: boolean): number[] {
    const { pre_tokenizer: splitter, model } = this.library;
    // Splitters that put a space only before the very first word know it by section 0.
    const parts = splitter === null ? [text] : splitter.pre_tokenize(text, { section_index: first ? 0 : 1 });
    const ids: number[] = [];
    for (const token of model!(parts)) {
      const id = model!.tokens_to_ids.get(token) ?? this.unknown;
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }
}
