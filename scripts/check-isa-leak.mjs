// Checks that wide instructions stay in their own regions, so that the addon starts on the oldest CPU of its architecture:
//  1. the built addon: only functions of vectral::avx2, vectral::avx512 … use the wide registers;
//  2. the objects of native/isa: no weak symbol (an inline library function) that the linker could prefer to a baseline copy.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { disassemble } from './disassembly.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const release = path.join(root, 'build', 'Release');
const addon = path.join(release, 'vectral.node');
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('check-isa-leak: skipped, it reads x86-64 ELF files');
  process.exit(0);
}
if (!existsSync(addon)) {
  console.error("check-isa-leak: there is no build/Release/vectral.node. Run 'npm run build:native' first.");
  process.exit(1);
}

// A VEX or EVEX mnemonic (baseline code has none but verr and verw) or one for tile registers, or a register that only
// they have.
const wideMnemonic = /^(v(?!err|erw)[a-z0-9]+|tile[a-z0-9]+|(ld|st)tilecfg)$/;
const wideRegister = /%[yzt]mm\d|%k[1-7]\b|%xmm(1[6-9]|[23]\d)\b/;
const problems = new Set();
let wideFunctions = 0;

/** Whether an instruction is such a one; symbols in angle brackets are not looked at. */
function isWide({ text }) {
  const [mnemonic] = text.split(/\s/, 1);
  return wideMnemonic.test(mnemonic) || wideRegister.test(text.replace(/<.*>/, ''));
}

async function checkDisassembly(file) {
  for await (const { name, instructions } of disassemble(file)) {
    if (!instructions.some(isWide)) continue;
    if (/\bvectral::(avx|amx)\w*::/.test(name)) wideFunctions += 1;
    else
      problems.add(`${path.relative(root, file)}: ${name} uses wide registers outside an instruction set's namespace`);
  }
}

function checkWeakSymbols(file) {
  for (const line of execFileSync('nm', ['-C', '--defined-only', file], { encoding: 'utf8' }).split('\n')) {
    const weak = /^[0-9a-f]+ [WVu] (.*)$/.exec(line);
    if (weak && !/\bvectral::(scalar|avx|amx|neon)\w*::/.test(weak[1])) {
      problems.add(`${path.relative(root, file)}: defines the weak symbol ${weak[1]}`);
    }
  }
}

await checkDisassembly(addon);
const objects = path.join(release, 'obj.target', 'vectral', 'native', 'isa');
const isaObjects = readdirSync(objects).filter((name) => name.endsWith('.o'));
for (const name of isaObjects) checkWeakSymbols(path.join(objects, name));
// An addon without wide code at all would pass the first check for the wrong reason.
if (wideFunctions === 0)
  problems.add('the addon has no function with wide registers: the check or the build is broken');
for (const problem of problems) console.error(problem);
console.log(
  `check-isa-leak: ${wideFunctions} wide functions, ${isaObjects.length} instruction set objects, ` +
    (problems.size === 0 ? 'no leak' : `${problems.size} problems`),
);
process.exit(problems.size === 0 ? 0 : 1);
