// Copies the built addon, without its symbols, to prebuilds/<platform>-<arch>[-<libc>]/ for the npm package.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = path.join(root, 'build', 'Release', 'vectral.node');
if (!existsSync(built)) {
  console.error("prebuild: there is no build/Release/vectral.node. Run 'npm run build:native' first.");
  process.exit(1);
}

// The same name as platformName() in src/native.ts, which looks the file up.
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
const name = [process.platform, process.arch, ...(process.platform === 'linux' ? [libc] : [])].join('-');
const target = path.join(root, 'prebuilds', name, 'vectral.node');
mkdirSync(path.dirname(target), { recursive: true });
copyFileSync(built, target);
const flags = { linux: ['--strip-unneeded'], darwin: ['-x'] }[process.platform];
if (flags && spawnSync('strip', [...flags, target], { stdio: 'inherit' }).status !== 0) {
  console.error(`prebuild: 'strip ${flags.join(' ')}' failed on ${target}.`);
  process.exit(1);
}
console.error(`prebuilds/${name}/vectral.node`);
