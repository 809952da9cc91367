// Writes test/hostile: a sound tiny model folder, and for each case the files that lie, with cases.json saying what about.
// Usage: node scripts/make-hostile.mjs [FOLDER]
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archiveCases, routerCases } from './hostile-cases/archives.mjs';
import { checkpointCases } from './hostile-cases/checkpoint.mjs';
import { configCases } from './hostile-cases/config.mjs';
import { familyCases } from './hostile-cases/families.mjs';
import { safetensorsCases } from './hostile-cases/safetensors.mjs';
import { sentenceCases, tokenizerCases } from './hostile-cases/sentence.mjs';
import { otherTokenizerCases } from './hostile-cases/tokenizers.mjs';
import { validFiles } from './hostile-cases/valid.mjs';

const target = process.argv[2] ?? fileURLToPath(new URL('../test/hostile', import.meta.url));

function write(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = join(target, folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

const cases = [
  ...safetensorsCases,
  ...configCases,
  ...familyCases,
  ...checkpointCases,
  ...archiveCases,
  ...sentenceCases,
  ...routerCases,
  ...tokenizerCases,
  ...otherTokenizerCases,
];
const names = new Set(cases.map(({ name }) => name));
if (names.size !== cases.length) throw new Error('two cases have one name');

rmSync(join(target, 'valid'), { recursive: true, force: true });
rmSync(join(target, 'cases'), { recursive: true, force: true });
write('valid', validFiles);
for (const { name, files } of cases) write(join('cases', name), files);
const lines = cases.map(({ files, ...rest }) => JSON.stringify(rest));
write('.', { 'cases.json': `[\n${lines.join(',\n')}\n]\n` });
console.log(`${cases.length} cases in ${target}`);
