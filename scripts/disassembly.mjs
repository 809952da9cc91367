// What objdump prints of an object or addon, function by function.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The functions of a listing (lines of `objdump -d -C --no-show-raw-insn`): { name, instructions: [{ address, text }] }. */
export async function* functionsOf(lines) {
  let current;
  for await (const line of lines) {
    const [, name] = /^[0-9a-f]+ <(.*)>:$/.exec(line) ?? [];
    if (name !== undefined) {
      if (current) yield current;
      current = { name, instructions: [] };
      continue;
    }
    const [, address, text] = /^\s*([0-9a-f]+):\t(.*)$/.exec(line) ?? [];
    if (address !== undefined) current?.instructions.push({ address: Number.parseInt(address, 16), text: text.trim() });
  }
  if (current) yield current;
}

/** The functions of an ELF file. */
export function disassemble(file) {
  const objdump = spawn('objdump', ['-d', '-C', '--no-show-raw-insn', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  return functionsOf(createInterface({ input: objdump.stdout }));
}
