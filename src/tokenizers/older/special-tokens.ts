/** Special tokens of folders without a tokenizer.json: the files beside it name them, or the kind of tokenizer does. */
import { join } from 'node:path';
import { JsonFile } from '../../json-file.js';
import { tokenContent } from '../schema.js';

export type Role = 'unk_token' | 'cls_token' | 'sep_token' | 'pad_token' | 'mask_token' | 'bos_token' | 'eos_token';
export type Roles = Readonly<Partial<Record<Role, string>>>;

/** What tokenizer.json calls an added token. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly single_word: boolean;
}

/** The tokens of all roles: tokenizer_config.json's, else special_tokens_map.json's, else `usual`. */
export async function readRoles(folder: string, usual: Roles): Promise<Roles> {
  const roles: Partial<Record<Role, string>> = { ...usual };
  for (const name of ['special_tokens_map.json', 'tokenizer_config.json']) {
    const file = await JsonFile.readOptional(join(folder, name));
    for (const role of Object.keys(usual) as Role[]) {
      const content = tokenContent(file?.value[role]);
      if (content !== undefined) roles[role] = content;
    }
  }
  return roles;
}

/** Ids of tokens that were added to the vocabulary: added_tokens.json, or `added_tokens_decoder` in newer folders. */
export async function readAddedIds(folder: string): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  const added = await JsonFile.readOptional(join(folder, 'added_tokens.json'));
  for (const token of Object.keys(added?.value ?? {})) ids.set(token, added!.integer(token, { min: 0 }));
  const config = await JsonFile.readOptional(join(folder, 'tokenizer_config.json'));
  const decoder = config?.object('added_tokens_decoder', true);
  for (const id of Object.keys(decoder?.value ?? {})) {
    const content = decoder!.object(id).string('content');
    if (/^\d+$/.test(id)) ids.set(content, Number(id));
  }
  return ids;
}

/**
 * Roles and added tokens as tokenizer.json lists them. A token that has no id anywhere comes behind the others.
 * @param stripping tokens that take the space before them.
 */
export function addedTokens(
  roles: Roles,
  idOf: (token: string) => number | undefined,
  addedIds: ReadonlyMap<string, number>,
  size: number,
  stripping: readonly string[],
): AddedToken[] {
  const contents = [...new Set([...Object.values(roles), ...addedIds.keys()])];
  let next = Math.max(size, ...[...addedIds.values()].map((id) => id + 1));
  const special = new Set<string>(Object.values(roles));
  return contents
    .map((content) => ({
      id: addedIds.get(content) ?? idOf(content) ?? next++,
      content,
      special: special.has(content),
      normalized: false,
      lstrip: stripping.includes(content),
      rstrip: false,
      single_word: false,
    }))
    .sort((a, b) => a.id - b.id);
}

/** A TemplateProcessing from transformers' short form: `[CLS]:0 $A:0 [SEP]:0`. */
export function template(single: string, pair: string, added: readonly AddedToken[]): object {
  const tokens: Record<string, object> = {};
  const pieces = (text: string) =>
    text.split(' ').map((piece) => {
      const [, name = '', type = '0'] = /^(.*?)(?::(\d))?$/.exec(piece) ?? [];
      const type_id = Number(type);
      if (name.startsWith('$')) return { Sequence: { id: name.slice(1), type_id } };
      const id = added.find(({ content }) => content === name)?.id;
      tokens[name] = { id: name, ids: [id], tokens: [name] };
      return { SpecialToken: { id: name, type_id } };
    });
  return { type: 'TemplateProcessing', single: pieces(single), pair: pieces(pair), special_tokens: tokens };
}
