// Checks the form of the C++ sources (clang-format) and of everything else (biome); --write mends it.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const write = process.argv.includes('--write');

function run(module, args) {
  return spawnSync(process.execPath, [require.resolve(module), ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'native'], {
  cwd: root,
  encoding: 'utf8',
});
const sources = listed.split('\n').filter((file) => /\.(cc|h)$/.test(file));
const clangFormat = path.posix.join('clang-format', 'index.js');
const native = run(clangFormat, [...(write ? ['-i'] : ['--dry-run', '--Werror']), ...sources]);
const rest = run('@biomejs/biome/bin/biome', ['check', ...(write ? ['--write'] : ['--error-on-warnings']), '.']);
process.exit(native && rest ? 0 : 1);
