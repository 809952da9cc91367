/**
 * Every family at the sizes its models are published in, random weights, against transformers:
 *     node bench/shapes/run.mjs --python PYTHON [--out FILE.json] [--only NAME,NAME]
 *     node bench/shapes/run.mjs --table FILE.json [--write README.md]
 * Makes a checkpoint, measures it in a process of its own, and removes it: at most 2 GB of disk at a time.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
    table: { type: 'string' },
    write: { type: 'string' },
  },
});

if (values.table === undefined) measure();
else show(JSON.parse(readFileSync(values.table, 'utf8')), values.write);

function measure() {
  const { python } = values;
  if (python === undefined) throw new Error('--python names a Python with torch, transformers and safetensors');
  const script = path.join(here, 'shapes.py');
  const listed = execFileSync(python, [script, '--list'], { encoding: 'utf8' }).trim().split('\n');
  const names = values.only?.split(',') ?? listed;
  const results = [];
  for (const name of names) {
    const folder = mkdtempSync(path.join(tmpdir(), 'vectral-shape-'));
    try {
      execFileSync(python, [script, name, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
      const line = execFileSync(process.execPath, [path.join(here, 'shape.mjs'), folder], { encoding: 'utf8' });
      process.stdout.write(line);
      results.push(JSON.parse(line));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const { isa } = JSON.parse(
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        "import { createRequire } from 'node:module'; const { info } = createRequire(import.meta.url)(process.argv[1]); console.log(JSON.stringify(info()))",
        path.join(here, '../../build/Release/vectral.node'),
      ],
      { encoding: 'utf8' },
    ),
  );
  const result = { date: new Date().toISOString().slice(0, 10), isa, threads: 1, dtype: 'f32', results };
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`);
  show(result);
}

function show({ date, isa, threads, dtype, results }, file) {
  const millions = (x) => (x / 1e6).toFixed(x < 1e8 ? 1 : 0);
  const time = (x) => x.toFixed(x < 10 ? 2 : 1);
  const rows = results.map(
    (r) =>
      `| ${r.name} | ${r.family} | ${millions(r.parameters)} | ${r.maxError.toExponential(1)} of ${r.largest.toFixed(1)} | ${time(r.ms[32])} | ${time(r.ms[128])} | ${(r.loadMs / 1000).toFixed(2)} | ${millions(r.rssBytes)} |`,
  );
  const table = [
    `Random weights of real shapes, ${dtype}, ${threads} thread, ${isa}, ${date}; error: the largest difference to transformers' float32, beside the largest value.`,
    '',
    '| model | family | M parameters | max error | ms, 32 tokens | ms, 128 | s to load | MB resident |',
    '|--|--|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
  if (file === undefined) {
    console.log(table);
    return;
  }
  const [begin, end] = ['<!-- shapes -->', '<!-- /shapes -->'];
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`);
}
