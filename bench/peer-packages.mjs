/** Packages that live in the peers' folder, not in this repository. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports package `name` from the node_modules of `dir`. */
export async function importFrom(dir, name) {
  const require = createRequire(path.join(path.resolve(dir), 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}

/** The installed version of package `name` in `dir`, or null. */
export function packageVersion(dir, name) {
  const file = path.join(dir, 'node_modules', name, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : null;
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
