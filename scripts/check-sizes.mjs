// Checks the size budget: a model file has at most 150 lines, a kernel 250, any other source 400.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const budgets = [
  { pattern: /^src\/models\//, lines: 150 },
  { pattern: /^native\/kernels\//, lines: 250 },
  { pattern: /./, lines: 400 },
];
const source = /\.(ts|mts|cts|js|mjs|cjs|cc|h|py|sh|css|html)$|^\.ci\/run$/;
// Data, and the programs that made it; they are rerun, not maintained.
const data = /^test\/(fixtures|golden)\//;

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
let problems = 0;
for (const file of tracked.split('\n').filter((name) => source.test(name) && !data.test(name))) {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;
  const budget = budgets.find(({ pattern }) => pattern.test(file)).lines;
  if (lines <= budget) continue;
  console.error(`${file}: ${lines} lines, the budget is ${budget}`);
  problems += 1;
}
console.log(`check-sizes: ${problems === 0 ? 'every file is within its budget' : `${problems} problems`}`);
process.exit(problems === 0 ? 0 : 1);
