/** The module that texts enter. */
import type { JsonFile } from '../../../json-file.js';
import type { Batch } from '../../../nn/batch.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Tokenizer } from '../../../tokenizers/tokenizer.js';
import type { WhitespaceTokenizer } from '../../../tokenizers/whitespace.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';
import type { TransformerSettings } from '../../folder/transformer-settings.js';
import type { TextPooling } from './pooling.js';

/** How texts become token ids. */
export interface TextReading extends TransformerSettings {
  readonly tokenizer: Tokenizer | WhitespaceTokenizer;
  /** Whether the model's special tokens stand around a text. */
  readonly specialTokens: boolean;
}

/** What makes rows of token ids. */
export interface TokenEncoder {
  readonly hiddenSize: number;
  readonly limits: { readonly vocabSize: number };
  /** `[N, D]` */
  encode(batch: Batch): Tensor;
}

export interface FirstModule {
  /** For people. */
  readonly name: string;
  readonly encoder: TokenEncoder;
  /** Its config.json, with what its settings say of it. */
  readonly config: JsonFile;
  /** What makes its rows one of a text, where it leaves that to no other module. */
  readonly pooling: TextPooling | undefined;
  /** Tokens in one job for each thread. */
  readonly tokensPerThread: number;
  /** Reads its tokenizer. */
  readText(): Promise<TextReading>;
}

/** What a first module is built from. */
export interface FirstSource {
  readonly folder: string;
  /** Whether it is a module of a sentence-transformers folder, or an encoder alone, whose other files do not count. */
  readonly listed: boolean;
  /** The module's weights, open as long as the model is. */
  weights(): Promise<Checkpoint>;
}
