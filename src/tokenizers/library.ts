/** BPE, Unigram and every other kind than BERT's: normalizers, splitters, models and decoders of @huggingface/tokenizers. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import packageRoot from '../../package-root.cjs';
import { ConfigError } from '../errors.js';
import type { TokenizerConfigJson, TokenizerJson } from './schema.js';
import { tokenContent } from './schema.js';
import type { TextModel } from './text-model.js';

/** What is used of the library; its own type files do not resolve under node's rules for modules. */
export interface Library {
  readonly normalizer: { normalize(text: string): string } | null;
  readonly pre_tokenizer: { pre_tokenize(text: string, options: { section_index: number }): string[] } | null;
  readonly model: {
    (parts: string[]): string[];
    readonly tokens_to_ids: Map<string, number>;
    readonly unk_token_id?: number;
    /** Unigram only. */
    tokenize?(part: string): string[];
  };
  readonly decoder: { decode(tokens: string[]): string } | null;
}

interface LibraryModule {
  readonly Tokenizer: new (json: object, config: object) => Library;
}

/** Loaded when it is first needed: BERT's tokenizers encode without it, and it takes as long to load as all the rest. */
function loadLibrary(): LibraryModule {
  return createRequire(join(packageRoot, 'package.json'))('@huggingface/tokenizers');
}

/** Builds the library's tokenizer without the parts that are ours: added tokens, truncation, padding, template. */
export function createLibrary(json: TokenizerJson, config: TokenizerConfigJson, file: string): Library {
  const endOfText = tokenContent(config.eos_token);
  const { Tokenizer } = loadLibrary();
  try {
    return new Tokenizer(
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
    this.unknown = library.model.unk_token_id;
  }

  normalize(text: string): string {
    return this.library.normalizer?.normalize(text) ?? text;
  }

  encode(text: string, first: boolean, ids: number[]): void {
    const { pre_tokenizer: splitter, model } = this.library;
    // Splitters that put a space only before the very first word know it by section 0.
    const parts = splitter === null ? [text] : splitter.pre_tokenize(text, { section_index: first ? 0 : 1 });
    for (const part of parts) {
      // Asked directly, Unigram has no limit on the length of a part; fusing neighbouring unknowns is then left to us.
      const unigram = model.tokenize !== undefined;
      const mark = ids.length;
      for (const token of unigram ? model.tokenize!(part) : model([part])) {
        const id = model.tokens_to_ids.get(token) ?? this.unknown;
        if (id === undefined) continue;
        if (unigram && id === this.unknown && ids.length > mark && ids.at(-1) === id) continue;
        ids.push(id);
      }
    }
  }
}
