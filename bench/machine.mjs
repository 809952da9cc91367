/** What a result names beside its figures: machine, versions, commit, sizes. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine as describe } from '../dist/esm/measure/machine.js';
import { folderSize, isPython, packageVersion } from './peer-packages.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const FEATURES = new Set(
  (
    'avx avx2 fma f16c avx512f avx512bw avx512_vnni avx512_bf16 avx512_fp16 avx_vnni amx_tile amx_int8 amx_bf16 ' +
    'asimd asimddp i8mm bf16 sve'
  ).split(' '),
);

function featureBits() {
  if (!fs.existsSync('/proc/cpuinfo')) return [];
  const line = fs.readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:\s*(.*)$/m);
  return (line?.[1] ?? '').split(/\s+/).filter((name) => FEATURES.has(name));
}

/** @param isa instruction set vectral runs with, or null when it was not measured */
export function describeMachine(isa) {
  return { ...describe(root), features: featureBits(), isa };
}

/**
 * The engines that can run here: ours, and the peers that are installed; those that need a feature this CPU lacks only if
 * they are in `named`, names with commas between.
 */
export function presentEngines(engines, peersDir, named) {
  const names = named ? named.split(',') : null;
  const features = featureBits();
  return engines.filter(({ name, needs, ...engine }) => {
    if (names ? !names.includes(name) : needs && !needs.some((feature) => features.includes(feature))) return false;
    return !engine.peer || (Boolean(peersDir) && packageVersion(engine, peersDir) !== null);
  });
}

/** Version of the package an engine runs from. */
export function engineVersion(engine, peersDir) {
  if (engine.peer) return packageVersion(engine, peersDir);
  return JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version;
}

function packed() {
  try {
    const text = execFileSync('npm', ['pack', '--dry-run', '--json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(text.slice(text.indexOf('[\n')))[0];
  } catch {
    return null;
  }
}

/** What installing an engine puts on the disk: `{ bytes, files }`; null where that cannot be told. */
export function installSize(engine, peersDir) {
  if (engine.ownFolder === false) return null;
  if (engine.peer) return folderSize(path.join(peersDir, engine.peer, isPython(engine) ? 'lib' : 'node_modules'));
  const own = packed();
  if (!own?.files.some((file) => file.path.endsWith('.node'))) return null;
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const sizes = Object.keys(dependencies).map((name) => folderSize(path.join(root, 'node_modules', name)));
  return {
    bytes: sizes.reduce((sum, size) => sum + size.bytes, own.unpackedSize),
    files: sizes.reduce((sum, size) => sum + size.files, own.entryCount),
  };
}
