// Prints the native sources of the groups named on the command line, one a line: `node scripts/sources.mjs core isa`.
// native/sources.json is the one list; binding.gyp reads it through this script and CMakeLists.txt reads it directly.
import { readFileSync } from 'node:fs';

const listFile = new URL('../native/sources.json', import.meta.url);

/** Paths of the given groups, relative to the repository root. */
export function nativeSources(groups) {
  const list = JSON.parse(readFileSync(listFile, 'utf8'));
  return groups.flatMap((group) => {
    if (!Array.isArray(list[group])) throw new Error(`native/sources.json has no list named '${group}'`);
    return list[group];
  });
}

if (process.argv.length > 2) console.log(nativeSources(process.argv.slice(2)).join('\n'));
