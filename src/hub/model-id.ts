/** Ids of models on the Hugging Face hub. */
import { UsageError } from '../errors.js';

export interface ModelId {
  /** `organisation/name` */
  readonly repo: string;
  /** A branch, tag or commit; undefined: `main`. */
  readonly revision: string | undefined;
}

/** Letters, digits, `-`, `_`, `.`; not `..` or `--`, which would mean other folders of a cache. */
const name = /^(?!.*(\.\.|--))[A-Za-z0-9_][\w.-]{0,95}$/;

/**
 * Reads `organisation/name[@revision]`. A name alone is one of sentence-transformers, as in that library.
 * @throws {UsageError} It is not an id.
 */
export function parseModelId(text: string): ModelId {
  const at = text.indexOf('@');
  const repo = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? undefined : text.slice(at + 1);
  const parts = repo.split('/');
  if (parts.length > 2 || !parts.every((part) => name.test(part))) {
    throw new UsageError(`"${text}" is neither a folder nor a model id; an id looks like organisation/name`);
  }
  if (revision !== undefined && !revision.split('/').every((part) => name.test(part))) {
    throw new UsageError(`"${text}" names the revision "${revision}", which cannot be one`);
  }
  return { repo: parts.length === 1 ? `sentence-transformers/${repo}` : repo, revision };
}
