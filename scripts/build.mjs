// Builds what is missing or older than its sources: the addon, then the JavaScript. `npm ci`, `npm test` and npx use it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Newest change in the given files and folders, folders themselves included: a removed file counts. */
function newest(names) {
  const times = names.flatMap((name) => {
    const start = path.join(root, name);
    const below = statSync(start).isDirectory() ? readdirSync(start, { recursive: true }) : [];
    return [start, ...below.map((entry) => path.join(start, entry))].map((file) => statSync(file).mtimeMs);
  });
  return Math.max(...times);
}

function bring(product, sources, script) {
  const file = path.join(root, product);
  if (existsSync(file) && statSync(file).mtimeMs >= newest(sources)) return;
  const { status } = spawnSync(process.execPath, [path.join(root, 'scripts', script)], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

bring('build/Release/vectral.node', ['native', 'binding.gyp'], 'build-native.mjs');
bring('dist/cjs/index.js', ['src', 'tsconfig.json', 'tsconfig.esm.json', 'tsconfig.cjs.json'], 'build-ts.mjs');
