/** Ids of models on the Hugging Face hub. */
import { UsageError } from '../errors.js';

export interface ModelId {
  /**
   * `organisation/name`; of a name alone first the model of sentence-transformers, as in that library, then the one without
   * an organisation, as transformers' oldest models are called (`bert-base-uncased`).
   */
  readonly repos: readonly string[];
  /** A branch, tag or commit; undefined: `main`. */
  readonly revision: string | undefined;
}

/** Letters, digits, `-`, `_`, `.`; not `..` or `--`, which would mean other folders of a cache. */
const name = /^(?!.*(\.\.|--))[A-Za-z0-9_][\w.-]{0,95}$/;

/**
 * Reads `organisation/name[@revision]`, or a name alone. The revision may be given apart.
 * @throws {UsageError} It is not an id.
 */
export function parseModelId(text: string, apart?: string): ModelId {
  const at = text.indexOf('@');
  const repo = at < 0 ? text : text.slice(0, at);
  const own = at < 0 ? undefined : text.slice(at + 1);
  const parts = repo.split('/');
  if (parts.length > 2 || !parts.every((part) => name.test(part))) {
    throw new UsageError(`"${text}" is neither a folder nor a model id; an id looks like organisation/name`);
  }
  if (own !== undefined && apart !== undefined && own !== apart) {
    throw new UsageError(`"${text}" and the revision "${apart}" do not go together; give one`);
  }
  const revision = own ?? apart;
  if (revision !== undefined && !revision.split('/').every((part) => name.test(part))) {
    throw new UsageError(`"${repo}" is asked for with the revision "${revision}", which cannot be one`);
  }
  return { repos: parts.length === 1 ? [`sentence-transformers/${repo}`, repo] : [repo], revision };
}

/** The folder of a repository in a Hugging Face cache. */
export function cacheName(repo: string): string {
  return `models--${repo.replaceAll('/', '--')}`;
}
