// Checks the loops over k of the register tiles, in the objects of native/isa: no access to the stack, and no copy from
// one vector register to another. Compilers leave such things behind where registers are short, at up to half the speed.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { disassemble } from './disassembly.mjs';
import { loopProblems, multiplyAddLoops } from './hot-loops.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const objects = path.join(root, 'build', 'Release', 'obj.target', 'vectral', 'native', 'isa');
// The tiles of the GEMMs, of attention and of the measured peaks: assembly_tile<...>, gemm_tile<...>, tile_steps<...>.
const tile = /\bvectral::(avx|amx)\w*::(assembly_tile|gemm_tile|peak_tile|tile_steps)</;
/** What a loop may have all the same: how many such instructions, and why. */
const allowed = [
  {
    name: /tile_steps<.*TileSplit</,
    what: 'stack access',
    most: 2,
    // up to 24 tile products of 16 cycles a step, on addresses of twelve tiles
    why: 'one reload in some 200 cycles',
  },
];
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('check-hot-loops: skipped, it reads x86-64 ELF files');
  process.exit(0);
}
if (!existsSync(objects)) {
  console.error("check-hot-loops: there are no objects in build/Release. Run 'npm run build:native' first.");
  process.exit(1);
}

let loops = 0;
let problems = 0;
for (const name of readdirSync(objects).filter((file) => /^(avx|amx).*\.o$/.test(file))) {
  let found = 0;
  for await (const body of disassemble(path.join(objects, name))) {
    if (!tile.test(body.name)) continue;
    found += multiplyAddLoops(body).length;
    for (const { address, what, instructions } of loopProblems(body)) {
      const exception = allowed.find((one) => one.name.test(body.name) && one.what === what);
      if (exception && instructions.length <= exception.most) {
        console.log(`${name}: ${what} in ${body.name.replace(/\(.*/, '')} is allowed: ${exception.why}`);
        continue;
      }
      problems += 1;
      console.error(`${name}: ${what} in the loop at ${address.toString(16)} of ${body.name}`);
      for (const { address: at, text } of instructions) console.error(`    ${at.toString(16)}: ${text}`);
    }
  }
  // No loop at all would pass for the wrong reason.
  if (found === 0) {
    problems += 1;
    console.error(`${name}: no tile has a loop with multiply-adds: the check or the build is broken`);
  }
  loops += found;
}
console.log(
  `check-hot-loops: ${loops} loops, ${problems === 0 ? 'no other touches the stack or copies registers' : `${problems} problems`}`,
);
process.exit(problems === 0 && loops > 0 ? 0 : 1);
