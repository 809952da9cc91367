/** The tokenizer.json that a folder without one would have, from vocab.txt, from vocab.json and merges.txt, or from a .model. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile, readJson } from '../../json-file.js';
import { type BytePairKind, kinds, kindsOfModels, type PieceKindOf, type WordPieceKind } from './kinds.js';
import { readSentencePiece } from './sentencepiece.js';
import { addedTokens, readAddedIds, readRoles, template } from './special-tokens.js';

const largestVocabulary = 256 * 2 ** 20;

/**
 * @returns What `tokenizer.json` would hold, and the file that messages about it should name.
 * @throws ConfigError if the folder has no vocabulary, or its kind is not known.
 */
export async function buildOlderTokenizer(folder: string): Promise<{ json: object; file: string }> {
  const configFile = join(folder, 'tokenizer_config.json');
  const config = (await JsonFile.readOptional(configFile)) ?? new JsonFile(configFile, {});
  const kind = await kindOf(folder, config);
  if (kind === undefined) {
    const mend = 'save the model with a fast tokenizer, which writes this file';
    throw new ConfigError(join(folder, 'tokenizer.json'), '', `does not exist; ${mend}`);
  }
  if (kind.form === 'vocab.txt') return fromVocabulary(folder, kind, config);
  if (kind.form === 'merges.txt') return fromMerges(folder, kind, config);
  return fromPieces(folder, kind, config);
}

async function kindOf(folder: string, config: JsonFile) {
  const named = config.string('tokenizer_class', '').replace(/(Tokenizer)?(Fast)?$/, '');
  const model = await JsonFile.readOptional(join(folder, 'config.json'));
  const type = model?.string('model_type', '') ?? '';
  const name = Object.hasOwn(kinds, named)
    ? named
    : Object.hasOwn(kindsOfModels, type)
      ? kindsOfModels[type]
      : undefined;
  return name === undefined ? undefined : kinds[name];
}

async function fromVocabulary(folder: string, kind: WordPieceKind, config: JsonFile) {
  const file = join(folder, 'vocab.txt');
  const lines = (await read(file)).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  // an id is a line's place; of equal lines the last counts
  const vocab = Object.fromEntries(lines.map((line, id) => [line.replace(/\r$/, ''), id]));
  const roles = await readRoles(folder, kind.roles);
  const added = await addedOf(folder, kind, roles, (token) => vocab[token], lines.length);
  const [single, pair] = kind.template(roles);
  const accents = config.has('strip_accents') ? config.boolean('strip_accents') : null;
  const json = {
    added_tokens: added,
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config.boolean('tokenize_chinese_chars', true),
      strip_accents: accents,
      lowercase: config.boolean('do_lower_case', true),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template(single, pair, added),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: roles.unk_token, continuing_subword_prefix: '##', vocab },
  };
  return { json, file };
}

async function fromMerges(folder: string, kind: BytePairKind, config: JsonFile) {
  const file = join(folder, 'vocab.json');
  const vocab = (await readJson(file, largestVocabulary)) as Record<string, number>;
  const lines = (await read(join(folder, 'merges.txt'))).toString('utf8').split('\n');
  const merges = lines.filter((line, i) => line.trim() !== '' && !(i === 0 && line.startsWith('#version')));
  const roles = await readRoles(folder, kind.roles);
  const idOf = (token: string) => (Object.hasOwn(Object(vocab), token) ? vocab[token] : undefined);
  const added = await addedOf(folder, kind, roles, idOf, Object.keys(Object(vocab)).length);
  const add_prefix_space = config.boolean('add_prefix_space', false);
  const [cls, sep] = [roles.cls_token, roles.sep_token].map((token) => [
    token,
    added.find(({ content }) => content === token)?.id,
  ]);
  const json = {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor: { type: 'RobertaProcessing', cls, sep, add_prefix_space, trim_offsets: true },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges: merges.map((line) => line.replace(/\r$/, '')) },
  };
  return { json, file };
}

async function fromPieces(folder: string, kind: PieceKindOf, config: JsonFile) {
  let file = join(folder, kind.files[0] ?? '');
  for (const name of kind.files) if (await JsonFile.exists(join(folder, name))) file = join(folder, name);
  const model = readSentencePiece(await read(file), file);
  const { pieces, unknown, special = [] } = kind.vocabulary(model, config);
  const places = new Map(pieces.map(([piece], id) => [piece, id]));
  const roles = await readRoles(folder, kind.roles);
  const added = await addedOf(folder, kind, roles, (token) => places.get(token), pieces.length);
  // pieces that text is not cut into, but that are matched in it
  const matched = model.pieces.flatMap(({ text, kind: of }) =>
    of === 'user' || of === 'control' ? [{ content: text, special: of === 'control' }] : [],
  );
  for (const token of [...matched, ...special.map((content) => ({ content, special: true }))]) {
    const id = places.get(token.content);
    if (id === undefined || added.some(({ content }) => content === token.content)) continue;
    added.push({ id, ...token, normalized: false, lstrip: false, rstrip: false, single_word: false });
  }
  const [single, pair] = kind.template(roles);
  const charsMap = model.charsMap === undefined ? [] : [{ type: 'Precompiled', precompiled_charsmap: model.charsMap }];
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const splitters = [...(kind.splitters?.(config) ?? []), metaspace];
  const json = {
    added_tokens: added,
    normalizer: { type: 'Sequence', normalizers: kind.normalizers(charsMap, config) },
    pre_tokenizer: { type: 'Sequence', pretokenizers: splitters },
    post_processor: template(single, pair, added),
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: unknown, vocab: pieces, byte_fallback: false },
  };
  return { json, file };
}

async function addedOf(
  folder: string,
  kind: WordPieceKind | BytePairKind | PieceKindOf,
  roles: Awaited<ReturnType<typeof readRoles>>,
  idOf: (token: string) => number | undefined,
  size: number,
) {
  const stripping = (kind.stripping ?? []).flatMap((role) => roles[role] ?? []);
  return addedTokens(roles, idOf, await readAddedIds(folder), size, stripping);
}

async function read(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? 'does not exist, and there is no tokenizer.json' : cause.message;
    throw new ConfigError(file, '', problem, { cause });
  });
  if (bytes.length > largestVocabulary) throw new ConfigError(file, '', `is larger than ${largestVocabulary} bytes`);
  return bytes;
}
