/** The built command line, run as a program: results against the golden vectors, exit codes, streams. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/esm/cli/main.js');
const golden = join(root, 'test/golden/all-MiniLM-L6-v2');
const texts = (JSON.parse(readFileSync(join(golden, 'texts.json'), 'utf8')) as { text: string }[]).map(
  (row) => row.text,
);
const dimension = 384;
// Promise 2: default vectors agree with PyTorch float32 to this in every component.
const tolerance = 1e-5;

let folder: string;
beforeAll(() => {
  if (!existsSync(main)) throw new Error(`${main} is missing; run npm run build:ts first`);
  folder = mkdtempSync(join(tmpdir(), 'vectral-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The golden embeddings, [64, 384], read from the safetensors bytes. */
function goldenRows(): Float32Array[] {
  const bytes = readFileSync(join(golden, 'embeddings.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const [begin, end] = header.embeddings.data_offsets as [number, number];
  const data = new Float32Array(Uint8Array.from(bytes.subarray(8 + length + begin, 8 + length + end)).buffer);
  return texts.map((_, i) => data.subarray(i * dimension, (i + 1) * dimension));
}

function vectral(args: string[], input: string | Buffer = ''): SpawnSyncReturns<Buffer> {
  return spawnSync(process.execPath, [main, ...args], { input, maxBuffer: 1 << 28 });
}

function succeed(args: string[], input?: string | Buffer): Buffer {
  const { status, stdout, stderr } = vectral(args, input);
  expect([status, stderr.toString().replace(/^vectral: texts? .* cut there\n$/, '')]).toEqual([0, '']);
  return stdout;
}

function expectRows(got: ArrayLike<number>[], wanted: Float32Array[]): void {
  expect(got).toHaveLength(wanted.length);
  for (const [i, row] of wanted.entries()) {
    expect(got[i]).toHaveLength(row.length);
    let worst = 0;
    for (let j = 0; j < row.length; j++) worst = Math.max(worst, Math.abs(got[i]![j]! - row[j]!) || 0);
    expect([i, worst <= tolerance ? 'close' : worst]).toEqual([i, 'close']);
  }
}

const jsonLines = (lines: readonly string[]) => lines.map((line) => JSON.stringify(line)).join('\n');
const rowsOfLines = (output: Buffer): number[][] =>
  output
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const split = (data: Float32Array) =>
  Array.from({ length: data.length / dimension }, (_, i) => data.subarray(i * dimension, (i + 1) * dimension));

describe('embed', () => {
  it('JSON lines from standard input give the golden vectors', () => {
    expectRows(rowsOfLines(succeed(['embed', '--jsonl'], jsonLines(texts))), goldenRows());
  });

  it('arguments give them too', () => {
    expectRows(rowsOfLines(succeed(['embed', '--', ...texts.slice(0, 4)])), goldenRows().slice(0, 4));
  });

  it('a file, in every format and to a file', () => {
    const file = join(folder, 'texts.jsonl');
    writeFileSync(file, texts.map((text) => JSON.stringify({ text })).join('\n'));
    const raw = succeed(['embed', '--file', file, '--format', 'f32']);
    expectRows(split(new Float32Array(Uint8Array.from(raw).buffer)), goldenRows());
    for (const format of ['npy', 'json', 'csv', 'jsonl']) {
      const output = join(folder, `vectors.${format}`);
      expect(succeed(['embed', '-f', file, '--format', format, '--output', output])).toHaveLength(0);
      const bytes = readFileSync(output);
      const text = bytes.toString();
      const values =
        format === 'npy'
          ? [...new Float32Array(Uint8Array.from(bytes.subarray(128)).buffer)]
          : format === 'csv'
            ? text.trimEnd().split(/[,\n]/).map(Number)
            : (format === 'json' ? JSON.parse(text) : rowsOfLines(bytes)).flat();
      expect(Float32Array.from(values)).toEqual(new Float32Array(Uint8Array.from(raw).buffer));
    }
  });

  it('says which texts were cut', () => {
    const { status, stderr } = vectral(['embed', 'short', 'word '.repeat(400)]);
    expect([status, stderr.toString()]).toEqual([0, 'vectral: text 2 was longer than 256 tokens and cut there\n']);
    const long = Array.from({ length: 300 }, (_, i) => (i < 257 ? '"short"' : JSON.stringify('word '.repeat(300))));
    const many = vectral(['embed', '--jsonl'], long.join('\n'));
    expect(many.stderr.toString()).toBe(
      'vectral: texts 258, 259, 260, 261, 262 and 38 more were longer than 256 tokens and cut there\n',
    );
  });

  it('leaves an older file as it was when nothing could be encoded', () => {
    const output = join(folder, 'older');
    writeFileSync(output, 'older');
    expect(vectral(['embed', '--output', output, '--prompt-name', 'none', 'a']).status).toBe(2);
    expect(readFileSync(output, 'utf8')).toBe('older');
  });

  it('nothing gives nothing', () => expect(succeed(['embed'], '')).toHaveLength(0));

  it('keeps the first components', () => {
    const [row] = rowsOfLines(succeed(['embed', '--truncate-dim', '16', texts[0]!]));
    expectRows([row!], [goldenRows()[0]!.subarray(0, 16)]);
    const [scaled] = rowsOfLines(succeed(['embed', '--truncate-dim', '16', '--normalize', texts[0]!]));
    expect(Math.hypot(...scaled!)).toBeCloseTo(1, 5);
  });

  it('gives the same bits whatever the threads and the batches', () => {
    const input = jsonLines(texts);
    const wanted = succeed(['embed', '--jsonl', '--format', 'f32'], input);
    const other = ['--threads', '1', '--batch-tokens', '64'];
    expect(succeed(['embed', '--jsonl', '--format', 'f32', ...other], input)).toEqual(wanted);
  });

  it('writes vectors while input still comes', async () => {
    const child = spawn(process.execPath, [main, 'embed', '--jsonl']);
    const received = new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
      child.once('close', () => reject(new Error('closed without output')));
    });
    for (let i = 0; i < 600; i++) child.stdin.write(`"text ${i}"\n`);
    expect(await received).toMatch(/^\[/);
    child.stdin.end();
    child.stdout.resume();
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  });

  it('ends quietly when the reader leaves', async () => {
    const child = spawn(process.execPath, [main, 'embed', '--jsonl']);
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.stdin.on('error', () => {});
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.end(Array.from({ length: 3000 }, (_, i) => `"text ${i}"`).join('\n'));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(errors).toBe('');
  });
});

describe('similarity', () => {
  it('prints vectors and matrix', () => {
    const output = succeed(['similarity', 'a cat', 'a dog']).toString();
    expect(output).toMatch(/\[1\] +"a cat"\n +384 components: -?0\.\d{4}, /);
    const rows = [...output.matchAll(/^\[\d\] +(-?\d\.\d{4}) +(-?\d\.\d{4})$/gm)].map((m) => [
      Number(m[1]),
      Number(m[2]),
    ]);
    expect(rows[0]![0]).toBe(1);
    expect(rows[1]![1]).toBe(1);
    expect(rows[0]![1]).toBe(rows[1]![0]);
    expect(rows[0]![1]).toBeGreaterThan(0.5);
  });

  it('gives everything as JSON', () => {
    const output = JSON.parse(succeed(['similarity', '--format', 'json', '--', ...texts.slice(0, 3)]).toString());
    expect(output.texts).toEqual(texts.slice(0, 3));
    expectRows(output.embeddings, goldenRows().slice(0, 3));
    expect(output.similarity_function).toBe('cosine');
    const [a, b] = goldenRows();
    const dot = a!.reduce((sum, value, i) => sum + value * b![i]!, 0);
    expect(output.similarity[0][1]).toBeCloseTo(dot, 5);
  });
});

describe('inspect', () => {
  it('tells what the model is', () => {
    const output = succeed(['inspect']).toString();
    for (const part of ['BertModel', '22,713,216 parameters', 'WordPiece, 30,522', '256 tokens', 'mean', 'cosine']) {
      expect(output).toContain(part);
    }
    expect(output).toMatch(/embeddings\.word_embeddings\.weight +F16 +\[30522, 384\]/);
    expect(output).toMatch(/memory +weights mapped \d+\.\d MB, packed [1-9]/);
  });

  it('as JSON too', () => {
    const output = JSON.parse(
      succeed(['inspect', '--format', 'json', join(root, 'models/all-MiniLM-L6-v2')]).toString(),
    );
    expect(output.tensors).toHaveLength(104);
    expect(output.native.isa).toMatch(/^(scalar|avx2|avx512|avx512vnni|avx512bf16|amx_split|amx|neon)$/);
  });
});

describe('help and version', () => {
  it('go to standard output', () => {
    expect(succeed(['--version']).toString()).toBe(
      `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`,
    );
    expect(succeed(['--help']).toString()).toMatch(/embed[\s\S]*similarity[\s\S]*explain[\s\S]*inspect/);
    for (const command of ['embed', 'similarity', 'explain', 'inspect']) {
      expect(succeed([command, '--help']).toString()).toMatch(/^Usage: vectral /);
      expect(succeed(['help', command])).toEqual(succeed([command, '-h']));
    }
  });
});

describe('mistakes: one line, no trace, and the exit code', () => {
  const cases: [string[], number, RegExp, string?][] = [
    [[], 2, /no command; use one of pull, embed, similarity, rerank, vectors, explain, inspect/],
    [['embd'], 2, /no command "embd"; did you mean embed\?/],
    [['embed', '--formt', 'json', 'a'], 2, /did you mean --format\?/],
    [['embed', '--format', 'xml', 'a'], 2, /--format must be jsonl, json, csv, npy, f32, got "xml"/],
    [['embed', '--threads', '0', 'a'], 2, /--threads must be a whole number from 1/],
    [['embed', '--dtype', 'int4', 'a'], 2, /--dtype int4 is not known; supported: f32, bf16, int8/],
    [['embed', '--threads', '5000', 'a'], 2, /--threads must be a whole number from 1 to 1024, got "5000"/],
    [['embed', '--truncate-dim', '385', 'a'], 2, /truncateDim is 385, but vectors of this model have dimension 384/],
    [['embed', '--truncate-dim', '385'], 2, /have dimension 384/, ''],
    [['embed', '--precision', 'half', 'a'], 2, /--precision must be float32, int8, uint8, binary, ubinary, got "half"/],
    [['embed', '--precision', 'int8', '--format', 'f32', 'a'], 2, /--format f32 has float32 components/],
    [['embed', '--precision', 'int8', 'a'], 2, /needs more than one vector to find ranges in/],
    [['embed', '--normalize', '--no-normalize', 'a'], 2, /exclude each other/],
    [['embed', '--prompt-name', 'query', 'a'], 2, /no prompt "query" in this model/],
    [['embed', '--model', './absent', 'a'], 1, /absent does not exist/],
    [['embed', '--model', 'nobody/nothing', 'a'], 1, /no model "nobody\/nothing" on this machine/],
    [['embed', '--model', '', 'a'], 2, /empty string/],
    [['embed', '--file', 'absent.txt'], 1, /cannot read absent\.txt/],
    [['embed', '--output', 'absent/x', 'a'], 1, /cannot write absent\/x/],
    [['embed', '--jsonl'], 1, /standard input, line 2: is not JSON/, '"a"\n{'],
    [['similarity', 'a'], 2, /needs two or more texts, got 1/],
    [['inspect', 'a', 'b'], 2, /one model/],
  ];
  it.each(cases)('%j → %i', (args, code, message, input) => {
    const { status, stdout, stderr } = vectral(args, input ?? '');
    expect(stderr.toString()).toMatch(message);
    expect(stderr.toString()).toMatch(/^vectral: [^\n]+\n$/);
    expect(stdout.toString()).toBe('');
    expect(status).toBe(code);
  });
});
