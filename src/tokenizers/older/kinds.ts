/**
 * Tokenizers of folders from before tokenizer.json: what transformers' classes make of vocab.txt, of vocab.json with merges.txt,
 * and of SentencePiece models. Each gives what the fast tokenizer of the same class would have saved.
 */
import type { JsonFile } from '../../json-file.js';
import type { SentencePieceModel } from './sentencepiece.js';
import type { Role, Roles } from './special-tokens.js';

/** What is put around texts, by the tokens' roles. */
type Template = (roles: Roles) => readonly [single: string, pair: string];

interface Kind {
  /** Special tokens where no file names them. */
  readonly roles: Roles;
  readonly template: Template;
  /** Roles whose token takes the space before it. */
  readonly stripping?: readonly Role[];
}

export interface WordPieceKind extends Kind {
  readonly form: 'vocab.txt';
}

export interface BytePairKind extends Kind {
  readonly form: 'merges.txt';
}

export interface PieceKindOf extends Kind {
  readonly form: 'sentencepiece';
  /** Names of the file, usual one first. */
  readonly files: readonly string[];
  /** Pieces with scores, in the order of their ids, which of them is the unknown one, and which are special beside the roles'. */
  vocabulary(
    model: SentencePieceModel,
    config: JsonFile,
  ): { pieces: [string, number][]; unknown: number; special?: readonly string[] };
  normalizers(charsMap: object[], config: JsonFile): object[];
  /** Before the Metaspace. */
  splitters?(config: JsonFile): object[];
}

const bertTokens = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};
const robertaTokens = {
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
  bos_token: '<s>',
  eos_token: '</s>',
};
const bertTemplate: Template = ({ cls_token: cls, sep_token: sep }) => [
  `${cls}:0 $A:0 ${sep}:0`,
  `${cls}:0 $A:0 ${sep}:0 $B:1 ${sep}:1`,
];
const robertaTemplate: Template = ({ cls_token: cls, sep_token: sep }) => [
  `${cls} $A ${sep}`,
  `${cls} $A ${sep} ${sep} $B ${sep}`,
];

const plainPieces = ({ pieces }: SentencePieceModel): [string, number][] =>
  pieces.map(({ text, score }) => [text, score]);
const spaces = (content: string) => ({ type: 'Replace', pattern: { Regex: ' {2,}' }, content });
const stripRight = { type: 'Strip', strip_left: false, strip_right: true };
const plainNormalizers = (charsMap: object[]) => [...charsMap, stripRight, spaces('▁')];
const quotes = ['``', "''"].map((quote) => ({ type: 'Replace', pattern: { String: quote }, content: '"' }));

const bert: WordPieceKind = { form: 'vocab.txt', roles: bertTokens, template: bertTemplate };
const xlmRoberta: PieceKindOf = {
  form: 'sentencepiece',
  files: ['sentencepiece.bpe.model', 'spiece.model'],
  roles: robertaTokens,
  template: robertaTemplate,
  stripping: ['mask_token'],
  // fairseq's ids: its own special tokens first, and so every piece one further on
  vocabulary: (model) => ({
    pieces: [['<s>', 0], ['<pad>', 0], ['</s>', 0], ['<unk>', 0], ...plainPieces(model).slice(3), ['<mask>', 0]],
    unknown: 3,
  }),
  normalizers: plainNormalizers,
};

/** By transformers' class, without `Fast` and `Tokenizer`. */
export const kinds: Readonly<Record<string, WordPieceKind | BytePairKind | PieceKindOf>> = {
  Bert: bert,
  DistilBert: bert,
  Electra: bert,
  MPNet: {
    form: 'vocab.txt',
    roles: { ...robertaTokens, unk_token: '[UNK]' },
    template: ({ cls_token: cls, sep_token: sep }) => [
      `${cls}:0 $A:0 ${sep}:0`,
      `${cls}:0 $A:0 ${sep}:0 ${sep}:0 $B:1 ${sep}:1`,
    ],
    stripping: ['mask_token'],
  },
  Roberta: { form: 'merges.txt', roles: robertaTokens, template: robertaTemplate, stripping: ['mask_token'] },
  XLMRoberta: xlmRoberta,
  Camembert: {
    ...xlmRoberta,
    vocabulary: (model) => ({
      pieces: [
        ['<s>NOTUSED', 0],
        ['<pad>', 0],
        ['</s>NOTUSED', 0],
        ['<unk>', 0],
        ['<unk>NOTUSED', -100],
        ...plainPieces(model).slice(1),
        ['<mask>', 0],
      ],
      unknown: 3,
    }),
  },
  T5: {
    form: 'sentencepiece',
    files: ['spiece.model'],
    roles: { unk_token: '<unk>', eos_token: '</s>', pad_token: '<pad>' },
    template: ({ eos_token: eos }) => [`$A ${eos}`, `$A ${eos} $B ${eos}`],
    vocabulary(model, config) {
      const extra = config.integer('extra_ids', { min: 0, max: 10_000, fallback: 100 });
      const sentinels = Array.from({ length: extra }, (_, i): [string, number] => [`<extra_id_${extra - 1 - i}>`, 0]);
      const special = sentinels.map(([token]) => token);
      return { pieces: [...plainPieces(model), ...sentinels], unknown: model.unknownId, special };
    },
    normalizers: plainNormalizers,
  },
  Albert: {
    form: 'sentencepiece',
    files: ['spiece.model'],
    roles: { ...bertTokens, unk_token: '<unk>', pad_token: '<pad>' },
    template: bertTemplate,
    stripping: ['mask_token'],
    vocabulary: (model) => ({
      // a number that ends with a comma is to be cut before it
      pieces: plainPieces(model).map(([text, score]) => [text, /\d,$/.test(text) ? score - 100 : score]),
      unknown: model.unknownId,
    }),
    normalizers: (charsMap, config) => [
      ...quotes,
      ...(config.boolean('keep_accents', false) ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
      ...(config.boolean('do_lower_case', true) ? [{ type: 'Lowercase' }] : []),
      ...charsMap,
      spaces(' '),
    ],
  },
  DebertaV2: {
    form: 'sentencepiece',
    files: ['spm.model', 'spiece.model'],
    roles: bertTokens,
    template: bertTemplate,
    vocabulary: (model) => ({ pieces: plainPieces(model), unknown: model.unknownId }),
    normalizers: (charsMap, config) => [
      ...(config.boolean('do_lower_case', false) ? [{ type: 'Lowercase' }] : []),
      { type: 'Strip', strip_left: true, strip_right: true },
      ...charsMap,
      spaces(' '),
    ],
    splitters: (config) =>
      config.boolean('split_by_punct', false) ? [{ type: 'Punctuation', behavior: 'Isolated' }] : [],
  },
};

/** Classes by config.json's `model_type`, where tokenizer_config.json names none. */
export const kindsOfModels: Readonly<Record<string, string>> = {
  albert: 'Albert',
  bert: 'Bert',
  camembert: 'Camembert',
  'deberta-v2': 'DebertaV2',
  distilbert: 'DistilBert',
  electra: 'Electra',
  mpnet: 'MPNet',
  nomic_bert: 'Bert',
  roberta: 'Roberta',
  t5: 'T5',
  'xlm-roberta': 'XLMRoberta',
};
