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
 * @throws Error if a named one is unknown or not installed.
 */
export function presentEngines(engines, peersDir, named) {
  const installed = engines.filter((engine) => !engine.peer || (peersDir && packageVersion(engine, peersDir) !== null));
  if (!named) {
    const features = featureBits();
    return installed.filter(({ needs }) => !needs || needs.some((feature) => features.includes(feature)));
  }
  return rowsNamed(engines, named).map((engine) => {
    if (!installed.includes(engine))
      throw new Error(`${engine.name} is not installed in --peers ${peersDir || '(not given)'}`);
    return engine;
  });
}

/** The rows of a list that `names`, with commas between, say; all if it is empty. @throws Error for an unknown name. */
export function rowsNamed(rows, names) {
  const wanted = names ? names.split(',') : rows.map((row) => row.name);
  const unknown = wanted.find((name) => !rows.some((row) => row.name === name));
  if (unknown) throw new Error(`there is no "${unknown}"; known: ${rows.map((row) => row.name).join(', ')}`);
  return rows.filter((row) => wanted.includes(row.name));
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
