/** docs/hub.md names what the code reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hubOptionNames } from '../../src/hub/settings.js';
import { testPath } from '../reference/expected.js';

const page = readFileSync(testPath('..', 'docs', 'hub.md'), 'utf8');
const folder = testPath('..', 'src', 'hub');
const source = readdirSync(folder)
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n');
/** Known to the hub's own tools under an older name, or what systems and tests set. */
const unnamed = ['HUGGINGFACE_HUB_CACHE', 'HUGGING_FACE_HUB_TOKEN', 'XDG_CACHE_HOME', 'VECTRAL_HUB_RETRY_MS'];

it('has every variable and every option, and none that is not read', () => {
  const read = new Set(source.match(/(?<=env(ironment)?\.)[A-Z][A-Z_]+/g));
  for (const name of unnamed) expect(read.delete(name)).toBe(true);
  const told = new Set(page.match(/\bHF_[A-Z_]+|TRANSFORMERS_OFFLINE/g));
  expect([...told].sort()).toEqual([...read].sort());
  for (const name of hubOptionNames) expect(page).toContain(name);
});
