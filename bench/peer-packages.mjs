/** Packages that live in the peers' folder, not in this repository: npm folders, and Python environments. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports package `name` from the node_modules of `dir`. */
export async function importFrom(dir, name) {
  const require = createRequire(path.join(path.resolve(dir), 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}

export const isPython = (engine) => engine.driver.endsWith('.py');

/** The interpreter of a Python peer. */
export const pythonOf = (engine, peersDir) => path.join(peersDir, engine.peer, 'bin', 'python');

/** The installed version of an engine's package, or null when it is not there. */
export function packageVersion(engine, peersDir) {
  const dir = path.join(peersDir, engine.peer);
  if (isPython(engine)) return pythonVersion(dir, engine.package);
  const file = path.join(dir, 'node_modules', engine.package, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : null;
}

/** Python writes the version into a folder's name: openvino-2026.4.0.dist-info. */
function pythonVersion(dir, name) {
  const lib = path.join(dir, 'lib');
  if (!fs.existsSync(lib)) return null;
  const plain = name.replaceAll('-', '_');
  for (const python of fs.readdirSync(lib)) {
    const packages = path.join(lib, python, 'site-packages');
    if (!fs.existsSync(packages)) continue;
    const match = fs
      .readdirSync(packages)
      .map((entry) => entry.replaceAll('-', '_').match(new RegExp(`^${plain}_([^_]+)\\.dist_info$`)))
      .find(Boolean);
    if (match) return match[1];
  }
  return null;
}

/** Bytes and files below a folder. */
export function folderSize(dir) {
  const entries = fs.readdirSync(dir, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const bytes = entries.reduce(
    (sum, entry) => sum + fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size,
    0,
  );
  return { bytes, files: entries.length };
}
