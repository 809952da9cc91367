/** `vectral vectors` as a program, with the vectors that come with the repository. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';

const main = path.join(import.meta.dirname, '../../dist/esm/cli/main.js');
const fixtures = 'test/fixtures/word-vectors';
const golden = JSON.parse(readFileSync(`${fixtures}/glove.golden.json`, 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'vectors', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('questions', () => {
  test('similar', () => {
    const [, , , { positive, result }] = golden.most_similar;
    const { status, stdout } = run('similar', ...positive, '--format', 'json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)[positive[0]].map(([word]: [string]) => word)).toEqual(
      result.map(([word]: [string]) => word),
    );
    expect(run('similar', 'king', '-n', '2').stdout).toMatch(/^prince {2}0\.\d{4}\nqueen {3}0\.\d{4}\n$/);
  });

  test('analogy', () => {
    expect(run('analogy', 'man', 'king', 'woman', '-n', '1').stdout).toMatch(/^queen {2}0\.7699\n$/);
    expect(run('analogy', 'man', 'king', 'woman', '-n', '1', '--cosmul').stdout).toMatch(/^queen {2}0\.8965\n$/);
  });

  test('odd-one-out', () => {
    expect(run('odd-one-out', 'red', 'green', 'car', 'blue').stdout).toBe('car\n');
  });
});

test('evaluate', () => {
  const pairs = run('evaluate', `${fixtures}/EN-WS-353-ALL.txt`);
  expect(pairs.stdout).toBe('pearson 0.5931  spearman 0.5656  of 324 pairs; 8.2 % have unknown words\n');
  const analogies = run('evaluate', `${fixtures}/questions-small.txt`, '--case-sensitive', '--format', 'json');
  expect(JSON.parse(analogies.stdout).accuracy).toBeCloseTo(golden.analogies.accuracy, 10);
});

test('train', () => {
  const text = path.join(folder, 'text.txt');
  writeFileSync(text, 'a b c a b\nb c d a\n'.repeat(50));
  const to = path.join(folder, 'trained.txt');
  const { stdout } = run('train', to, text, '--sg', '--vector-size', '7', '--threads', '1', '--epochs', '2');
  expect(stdout).toBe(`${to}: 4 words of 7 dimensions\n`);
  expect(run('info', '-v', to).stdout).toMatch(/words {7}4\ndimensions {2}7\n/);
});

test('train keeps a checkpoint and goes on from it', () => {
  const text = path.join(folder, 'kept.txt');
  writeFileSync(text, 'a b c a b\nb c d a\n'.repeat(50));
  const [first, second, kept] = ['first.txt', 'second.txt', 'kept.w2v'].map((name) => path.join(folder, name));
  expect(run('train', first!, text, '--checkpoint', kept!, '--vector-size', '5', '--threads', '1').status).toBe(0);
  const resumed = run('train', second!, text, '--checkpoint', kept!, '--resume');
  expect(resumed.stdout).toBe(`${second}: 4 words of 5 dimensions\n`);
  expect(readFileSync(second!, 'utf8')).toBe(readFileSync(first!, 'utf8')); // nothing was left to train
});

test.each(['fasttext', 'glove'])('train %s goes on from its checkpoint', (algorithm) => {
  const text = path.join(folder, 'kept-fasttext.txt');
  writeFileSync(text, 'a b c a b\nb c d a\n'.repeat(50));
  const [first, second, kept] = ['f1.vec', 'f2.vec', 'kept.ft'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const common = ['--algorithm', algorithm, '--checkpoint', kept, '--threads', '1'];
  expect(run('train', first, text, ...common, '--vector-size', '5').status).toBe(0);
  expect(run('train', second, text, ...common, '--resume').status).toBe(0);
  expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'));
});

test('train fastText: a model, or vectors', () => {
  const text = path.join(folder, 'subwords.txt');
  writeFileSync(text, 'riverbank willow\nwillow riverbank\n'.repeat(50));
  const options = ['--algorithm', 'fasttext', '--vector-size', '6', '--bucket', '50', '--threads', '1'];
  for (const more of [[], ['--cbow', '--hs', '--epochs', '2']]) {
    const [bin, vec] = ['bin', 'vec'].map((end) => path.join(folder, `subwords.${end}`)) as [string, string];
    expect(run('train', bin, text, ...options, ...more).stdout).toBe(`${bin}: 3 words of 6 dimensions\n`);
    expect(run('train', vec, text, ...options, ...more).stdout).toContain('3 words of 6 dimensions');
    expect(readFileSync(vec, 'utf8')).toMatch(/^3 6\n/);
    expect(run('info', '-v', bin).stdout).toMatch(/words {7}3\ndimensions {2}6\n/);
  }
});

test('train GloVe', () => {
  const text = path.join(folder, 'glove.txt');
  writeFileSync(text, 'a b c a b\nb c d a\n'.repeat(50));
  const to = path.join(folder, 'glove-vectors.txt');
  const { stdout } = run(
    'train',
    to,
    text,
    '--algorithm',
    'glove',
    '--vector-size',
    '6',
    '--memory',
    '8',
    '--epochs',
    '2',
  );
  expect(stdout).toBe(`${to}: 4 words of 6 dimensions\n`);
});

test('train joins phrases', () => {
  const text = path.join(folder, 'phrases.txt');
  const lines = Array.from({ length: 400 }, (_, i) => `w${i % 200} ${i % 10 ? 'or' : 'new york'} w${(i * 7) % 199}\n`);
  writeFileSync(text, lines.join(''));
  const to = path.join(folder, 'phrases.vec');
  const common = ['train', to, text, '--phrases', '1', '--min-count', '2', '--vector-size', '4', '--threads', '1'];
  expect(run(...common, '--epochs', '1').status).toBe(0);
  const words = readFileSync(to, 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  expect(words).toContain('new_york');
  expect(words).not.toContain('york');
  const kept = path.join(folder, 'phrases.w2v');
  expect(run(...common, '--epochs', '1', '--checkpoint', kept).status).toBe(0);
  expect(run('train', to, text, '--phrases', '1', '--checkpoint', kept, '--resume').stderr).toBe('');
});

test('train never writes over its text', () => {
  const text = path.join(folder, 'own.txt');
  writeFileSync(text, 'a b c a b\n'.repeat(50));
  const { status, stderr } = run('train', text, text);
  expect(stderr).toContain('own.txt is read from too; name another');
  expect(status).toBe(2);
  expect(readFileSync(text, 'utf8')).toBe('a b c a b\n'.repeat(50));
});

test('train that is ended while it counts writes nothing, and leaves no files', async () => {
  const [fifo, to, temporary] = ['fifo', 'never.txt', 'tmp'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(temporary);
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
  const options = { env: { ...process.env, TMPDIR: temporary } };
  const child = spawn(process.execPath, [main, 'vectors', 'train', to, fifo, '--algorithm', 'glove'], options);
  const writer = await open(fifo, 'w'); // waits for the program to read
  await writer.write('a b c d\n'.repeat(1e6));
  child.kill('SIGTERM');
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const closed = once(child, 'close');
  // Text goes on until the program has taken notice: at its end it would wait for the pipe to be opened once more.
  while (child.exitCode === null) {
    const written = await writer.write('a b c d\n').catch(() => undefined);
    if (!written) break;
    await pause(10);
  }
  await writer.close();
  const [code] = await closed;
  expect(stderr).toBe(`vectral: train was ended before anything was learnt; ${to} is not written\n`);
  expect(code).toBe(1);
  expect(readdirSync(temporary)).toEqual([]);
});

test('convert and info', () => {
  const file = path.join(folder, 'small.bin');
  expect(run('convert', file, '-v', `${fixtures}/w2v.small.txt`).stdout).toBe(
    `${file}: 303 words of 10 dimensions, f32\n`,
  );
  const { stdout } = run('info', '-v', file, '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ words: 303, dim: 10, dtype: 'f32', declared: 303, duplicates: 0 });
  for (const [options, dtype] of [
    [[], 'f16'],
    [['--dtype', 'f32'], 'f32'],
  ] as const) {
    const kept = path.join(folder, dtype);
    expect(run('convert', kept, '-v', file, ...options).stdout).toBe(`${kept}: 303 words of 10 dimensions, ${dtype}\n`);
    expect(JSON.parse(run('info', '-v', kept, '--format', 'json').stdout)).toMatchObject({ words: 303, dtype });
    const again = path.join(folder, `again-${dtype}`);
    expect(run('convert', again, '-v', kept).stdout).toContain(`, ${dtype}\n`);
  }
});

test.each([
  [[], 2, /needs an action/],
  [['simlar', 'king'], 2, /did you mean similar/],
  [['similar'], 2, /needs a word/],
  [['similar', 'xyzzyq'], 2, /"xyzzyq" is not in the vocabulary of 20000 words/],
  [['analogy', 'a', 'b'], 2, /three words/],
  [['similar', 'king', '-n', '0'], 2, /--topn must be a whole number/],
  [['train', 'x.npy', 'README.md'], 2, /give format/],
  [['train', 'absent/x.txt', 'README.md'], 2, /train: absent\/x\.txt cannot be written: its folder is not there/],
  [['train', 'README.md/x.txt', 'README.md'], 2, /train: README\.md\/x\.txt cannot be written/],
  [['train', 'README', 'README.md', '--checkpoint', 'src'], 2, /checkpoint: src is a folder, not a file/],
  [['train', 'x.txt', 'README.md', '--checkpoint', 'README.md'], 2, /checkpoint: README\.md is read from too/],
  [['train', 'x.txt', 'README.md', '--checkpoint', './x.txt'], 2, /is where the vectors go/],
  [['train', 'LICENSE', 'README.md'], 2, /train: LICENSE is a file, not a folder/],
  [['train', 'x.txt', 'README.md', '--perplexity', '3'], 2, /vectors train takes no --perplexity; plot does/],
  [['plot', 'a', 'b', 'c', '--sg'], 2, /vectors plot takes no --sg; train does/],
  [['info', '--topn', '3'], 2, /vectors info takes no --topn; one of similar, analogy, plot does/],
  [['train', 'x.txt', 'README.md', '--hs', '--negative', '3'], 2, /--hs and --negative exclude each other/],
  [['train', 'x.txt', 'README.md', '--algorithm', 'glove', '--negative', '2'], 2, /word2vec or fasttext/],
  [['train', 'x.txt'], 2, /train needs where to write/],
  [['train', 'x.txt', 'README.md', '--algorithm', 'lsa'], 2, /word2vec, fasttext, glove/],
  [['train', 'x.txt', 'README.md', '--algorithm', 'glove', '--sg'], 2, /--sg is for --algorithm word2vec/],
  [['train', 'x.txt', 'README.md', '--cbow'], 2, /--cbow is for --algorithm fasttext/],
  [['train', 'x.txt', 'README.md', '--algorithm', 'fasttext', '--minn', '7'], 2, /minn 7 is above maxn 6/],
  [['train', 'x.txt', 'README.md', '--memory', '5'], 2, /--memory is for --algorithm glove/],
  [['train', 'x.txt', 'README.md', '--resume'], 2, /--resume needs --checkpoint/],
  [
    ['train', 'x.txt', 'README.md', '--resume', '--checkpoint', 'a', '--epochs', '2'],
    2,
    /--epochs stands in the checkpoint/,
  ],
  [['train', 'x.txt', 'README.md', '--resume', '--checkpoint', 'absent'], 1, /absent/],
  [['info', '-v', 'absent.txt'], 1, /absent\.txt: there is no such file/],
  [['evaluate', 'README.md'], 2, /README\.md: has no line/],
])('%j is refused in one line', (args, status, message) => {
  const result = run(...args);
  expect(result.status).toBe(status);
  expect(result.stderr).toMatch(message);
  expect(result.stderr.trimEnd()).not.toContain('\n');
});
