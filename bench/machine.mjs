/** What a result must name to be worth anything: the machine, the versions and the commit. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderSize, packageVersion } from './peer-packages.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const FEATURES = new Set(
  (
    'avx avx2 fma f16c avx512f avx512bw avx512_vnni avx512_bf16 avx512_fp16 avx_vnni amx_tile amx_int8 amx_bf16 ' +
    'asimd asimddp i8mm bf16 sve'
  ).split(' '),
);

function output(command, args) {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

function featureBits() {
  if (!fs.existsSync('/proc/cpuinfo')) return [];
  const line = fs.readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:\s*(.*)$/m);
  return (line?.[1] ?? '').split(/\s+/).filter((name) => FEATURES.has(name));
}

/** Commit of the working tree; a trailing + says that engine sources differ from it. */
function commit() {
  const hash = output('git', ['rev-parse', '--short=12', 'HEAD']);
  const changed = output('git', ['status', '--porcelain', '--', 'src', 'native', 'binding.gyp']);
  return hash && hash + (changed ? '+' : '');
}

/** @param isa instruction set vectral runs with, or null when it was not measured */
export function describeMachine(isa) {
  return {
    cpu: os.cpus()[0]?.model.trim(),
    cpus: os.availableParallelism(),
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    features: featureBits(),
    isa,
    os: `${os.platform()} ${os.release()} ${os.arch()}`,
    node: process.version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Version of the package an engine runs from. */
export function engineVersion(engine, peersDir) {
  if (engine.peer) return packageVersion(path.join(peersDir, engine.peer), engine.package);
  return JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version;
}

/** What `npm install` of an engine puts on the disk: `{ bytes, files }`; null when our own package cannot be packed. */
export function installSize(engine, peersDir) {
  if (engine.peer) return folderSize(path.join(peersDir, engine.peer, 'node_modules'));
  const packed = output('npm', ['pack', '--dry-run', '--json']);
  if (!packed) return null;
  const [own] = JSON.parse(packed.slice(packed.indexOf('[\n')));
  if (!own.files.some((file) => file.path.endsWith('.node'))) return null;
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const sizes = Object.keys(dependencies).map((name) => folderSize(path.join(root, 'node_modules', name)));
  return {
    bytes: sizes.reduce((sum, size) => sum + size.bytes, own.unpackedSize),
    files: sizes.reduce((sum, size) => sum + size.files, own.entryCount),
  };
}
