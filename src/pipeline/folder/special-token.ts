/** Which token plays a special role: tokenizer.json does not say, the files beside it do. */
import { join } from 'node:path';
import { describe, JsonFile } from '../../json-file.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';

/** Roles, with the names that families give them where no file names one. */
const usual = {
  mask_token: ['[MASK]', '<mask>'],
  unk_token: ['[UNK]', '<unk>'],
  cls_token: ['[CLS]', '<s>'],
  eos_token: ['</s>'],
} as const;

/**
 * The id of the token in a role: as tokenizer_config.json names it, else special_tokens_map.json, else by its usual names.
 * Undefined if there is none.
 * @throws ConfigError if a file names a token that the vocabulary does not have.
 */
export async function specialTokenId(
  folder: string,
  tokenizer: Tokenizer,
  role: keyof typeof usual,
): Promise<number | undefined> {
  for (const name of ['tokenizer_config.json', 'special_tokens_map.json']) {
    const file = await JsonFile.readOptional(join(folder, name));
    if (!file?.has(role)) continue;
    const value = file.value[role];
    const token = typeof value === 'string' ? value : file.object(role).string('content');
    const id = tokenizer.tokenToId(token);
    if (id === undefined) throw file.error(role, `is ${describe(token)}, which the vocabulary does not have`);
    return id;
  }
  for (const token of usual[role]) {
    const id = tokenizer.tokenToId(token);
    if (id !== undefined) return id;
  }
  return undefined;
}
