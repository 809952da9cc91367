/** Parts of src/ that the package does not show, for measurements below its public face; bundled when this is imported. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const names = [
  'pipeline/folder/sentence-folder',
  'pipeline/run/packed-batch',
  'pipeline/sentence/sentence-modules',
  'program/peaks',
];
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const dir = path.join(root, 'build-internals');

const build = await rolldown({
  input: Object.fromEntries(names.map((name) => [path.basename(name), path.join(root, 'src', `${name}.ts`)])),
  platform: 'node',
  external: [/package-root\.cjs$/],
});
await build.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
await build.close();

const load = (name) => import(pathToFileURL(path.join(dir, `${name}.mjs`)).href);
export const { readModules } = await load('sentence-folder');
export const { packBatch } = await load('packed-batch');
export const { compileModules, loadModules } = await load('sentence-modules');
export const { measurePeaks } = await load('peaks');
