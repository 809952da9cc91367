// Compiles src/ twice: ES modules into dist/esm, CommonJS into dist/cjs, each with its types.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}/dist`, { recursive: true, force: true });
mkdirSync(`${root}/dist/cjs`, { recursive: true });
for (const project of ['tsconfig.esm.json', 'tsconfig.cjs.json']) {
  execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
}
writeFileSync(`${root}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
// Sources import ../package-root.cjs, which from dist/ would miss the package's folder by one level.
writeFileSync(`${root}/dist/package-root.cjs`, "module.exports = require('../package-root.cjs');\n");
const cli = `${root}/dist/esm/cli/main.js`;
if (existsSync(cli)) chmodSync(cli, 0o755);
