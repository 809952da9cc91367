// Makes dist/ of src/: one file of ES modules (and one for each command) in dist/esm, one of CommonJS in dist/cjs, each
// format with its types. A process that starts must find, read and link every file it imports; of one file it is quick.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Bundles `entries`, names in dist/ → files in src/, into dist/. */
async function bundle(format, entries) {
  const input = Object.fromEntries(Object.entries(entries).map(([to, from]) => [to, path.join(root, 'src', from)]));
  const build = await rolldown({
    input,
    platform: 'node',
    external: [/package-root\.cjs$/],
    transform: { target: 'es2022' },
  });
  await build.write({
    dir: dist,
    format,
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: `${format}/[name].js`,
  });
  await build.close();
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(path.join(dist, 'cjs'), { recursive: true });
for (const project of ['tsconfig.esm.json', 'tsconfig.cjs.json']) {
  execFileSync(process.execPath, [tsc, '-p', project, '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' });
}
writeFileSync(path.join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n');
// What bench/ shares with `vectral bench` keeps files of its own.
const shared = ['latency', 'machine', 'statistics', 'workload'].map((name) => `measure/${name}`);
await bundle('esm', {
  'esm/index': 'index.ts',
  'esm/cli/main': 'cli/main.ts',
  ...Object.fromEntries(shared.map((name) => [`esm/${name}`, `${name}.ts`])),
});
await bundle('cjs', { 'cjs/index': 'index.ts' });
chmodSync(path.join(dist, 'esm/cli/main.js'), 0o755);
