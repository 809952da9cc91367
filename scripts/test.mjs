// `npm test`: builds what is missing or old, then runs the TypeScript tests and, where cmake and doctest are, the C++ tests.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

function nativeTests() {
  if (spawnSync('cmake', ['--version']).status !== 0) {
    console.log('C++ tests skipped: cmake was not found.');
    return true;
  }
  // A folder that is there already keeps its settings: cmake-js builds the addon in it, or it has a sanitizer.
  const dir = path.join(root, 'build-cmake');
  const ninja = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  const settings = existsSync(path.join(dir, 'CMakeCache.txt')) ? [] : ['-DCMAKE_BUILD_TYPE=Release', ...ninja];
  if (!run('cmake', ['-S', root, '-B', dir, ...settings])) return false;
  if (!run('cmake', ['--build', dir, '--parallel', String(os.availableParallelism())])) return false;
  const binary = path.join(dir, 'vectral_tests');
  if (!existsSync(binary)) {
    console.log('C++ tests skipped: the doctest header was not found (Debian: doctest-dev).');
    return true;
  }
  return run(binary, []);
}

if (!run(process.execPath, ['scripts/build.mjs'])) process.exit(1);
const vitest = path.join(path.dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
const typescriptPassed = run(process.execPath, [vitest, 'run', ...process.argv.slice(2)]);
const nativePassed = nativeTests();
process.exit(typescriptPassed && nativePassed ? 0 : 1);
