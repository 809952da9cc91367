/** `vectral vectors plot` as a program, and what it draws. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DOMParser, parseHTML } from 'linkedom';
import { afterAll, describe, expect, test } from 'vitest';
import { placeLabels, textLength } from '../../src/cli/vectors/label-places.js';
import { scatterHtml, scatterSvg } from '../../src/cli/vectors/scatter.js';

const main = path.join(import.meta.dirname, '../../dist/esm/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-plot-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'vectors', 'plot', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, stdout, stderr };
}

function parsed(svg: string) {
  return new DOMParser().parseFromString(svg, 'image/svg+xml');
}

interface Node {
  querySelector(selector: string): Node | null;
  getAttribute(name: string): string | null;
  textContent: string | null;
}

/** Each dot with its title, colour and label. */
function points(document: { querySelectorAll(selector: string): Iterable<unknown> }) {
  return Array.from(document.querySelectorAll('.point') as Iterable<Node>, (point) => ({
    title: point.querySelector('title')?.textContent,
    fill: point.querySelector('circle')?.getAttribute('fill'),
    label: point.querySelector('text')?.textContent,
    at: point
      .getAttribute('transform')!
      .match(/-?[\d.]+/g)!
      .map(Number),
  }));
}

const odd = [
  'a&b',
  '<tag>',
  '"quoted"',
  "it's",
  'مرحبا',
  '👩‍👩‍👧',
  ']]>',
  '</title><script>alert(1)</script>',
  '\u0001\ud800',
  '東京',
];
const places = Float64Array.from(odd.flatMap((_, i) => [Math.cos(i), Math.sin(i)]));

describe('the picture', () => {
  test('an SVG whose words are what they were', () => {
    const svg = scatterSvg({ places, labels: odd, groups: odd.map((_, i) => `g<${i % 2}>`), title: '<&>', note: '"' });
    const wanted = odd.map((word) => word.replace('\u0001\ud800', '\ufffd\ufffd'));
    const drawn = points(parsed(svg));
    expect(drawn.map(({ title }) => title)).toEqual(wanted.map((word, i) => `${word} (g<${i % 2}>)`));
    expect(drawn.map(({ label }) => label)).toEqual(wanted);
    expect(new Set(drawn.map(({ fill }) => fill)).size).toBe(2);
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0001');
    // each element that opens is closed
    const stack: string[] = [];
    for (const [, end, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end) expect(stack.pop()).toBe(name);
      else if (!self) stack.push(name!);
    }
    expect(stack).toEqual([]);
  });

  test('a page that fetches nothing and has one script', () => {
    const html = scatterHtml({ places, labels: odd, title: 'words', note: 'how' });
    const { document } = parseHTML(html);
    expect(points(document).map(({ label }) => label)).toEqual(
      odd.map((word) => word.replace('\u0001\ud800', '\ufffd\ufffd')),
    );
    expect(document.querySelectorAll('script')).toHaveLength(1);
    expect(() => new Function(document.querySelector('script')!.textContent!)).not.toThrow();
    expect(html.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|\bsrc=|\bhref=|@import|url\(/);
  });

  test('keeps the shape of the places, and points of one place together', () => {
    const [a, b, c] = points(
      parsed(
        scatterSvg({ places: new Float64Array([0, 0, 2, 0, 0, 1]), labels: ['a', 'b', 'c'], title: '', note: '' }),
      ),
    ).map(({ at }) => at);
    expect(b![0]! - a![0]!).toBeCloseTo(2 * (a![1]! - c![1]!), 0);
    const same = points(
      parsed(scatterSvg({ places: new Float64Array(6), labels: ['a', 'b', 'c'], title: '', note: '' })),
    );
    expect(same.every(({ at }) => at.every(Number.isFinite))).toBe(true);
  });

  test('labels never lie on each other', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const labelled = Array.from({ length: 400 }, (_, i) => ({
      x: 900 * random(),
      y: 500 * random(),
      label: `word${i}`,
    }));
    const size = 11;
    const placed = placeLabels(labelled, size, 900).flatMap((place, i) => {
      if (!place) return [];
      const length = size * textLength(labelled[i]!.label);
      const left = place.x - length * { start: 0, middle: 0.5, end: 1 }[place.anchor];
      return [{ left, right: left + length, y: place.y }];
    });
    expect(placed.length).toBeGreaterThan(100);
    for (const [i, a] of placed.entries()) {
      expect(a.left).toBeGreaterThanOrEqual(0);
      expect(a.right).toBeLessThanOrEqual(900);
      for (const b of placed.slice(i + 1)) {
        expect(Math.abs(a.y - b.y) < size && a.left < b.right && b.left < a.right).toBe(false);
      }
    }
  });
});

describe('the program', () => {
  test('words of a file in the colours of their groups', () => {
    const words = path.join(folder, 'words.txt');
    writeFileSync(words, '\ufeffking\troyal\r\nqueen\troyal\r\n\r\nfrance\tland\nitaly\tland\nking\tland\n');
    const { stdout, stderr } = run('--words', words, '-o', 'words.svg', '--method', 'pca');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^words\.svg: 4 words; PCA of 100 dimensions: \d+\.\d % and \d+\.\d % of the variance\n$/);
    const drawn = points(parsed(readFileSync(path.join(folder, 'words.svg'), 'utf8')));
    expect(drawn.map(({ title }) => title)).toEqual(['king (royal)', 'queen (royal)', 'france (land)', 'italy (land)']);
    const [king, queen, france, italy] = drawn;
    expect(queen!.fill).toBe(king!.fill);
    expect(italy!.fill).toBe(france!.fill);
    expect(france!.fill).not.toBe(king!.fill);
  });

  test('neighbours, by t-SNE, the same file again', () => {
    expect(run('--around', 'king,france', '--topn', '8').stdout).toMatch(/^words\.html: 1[0-8] words; t-SNE of 100/);
    const first = readFileSync(path.join(folder, 'words.html'), 'utf8');
    run('--around', 'king,france', '--topn', '8', '-o', 'again.html');
    expect(readFileSync(path.join(folder, 'again.html'), 'utf8')).toBe(first);
    const seeded = run('--around', 'king,france', '--topn', '8', '--seed', '5', '--perplexity', '4.5');
    expect(seeded.stdout).toMatch(/perplexity 4\.5, /);
    expect(readFileSync(path.join(folder, 'words.html'), 'utf8')).not.toBe(first);
  });

  test('the first words', () => {
    expect(run('--top', '30', '-o', 'top.svg').stdout).toMatch(/^top\.svg: 30 words/);
  });
});

test.each([
  [[], 2, /plot needs words: as arguments, --words FILE, --top N or --around WORDS/],
  [['king', '--top', '5'], 2, /one of words as arguments and --top, not both/],
  [['king', 'queen'], 2, /3 words or more, got 2/],
  [['king', 'xyzzyq', 'plughq'], 2, /2 of 3 words are not in the vocabulary of 20000: "xyzzyq", "plughq"/],
  [['--around', 'xyzzyq'], 2, /--around: 1 of 1 words/],
  [['king', 'queen', 'man', '--perplexity', '3'], 2, /--perplexity must be less than the 3 words, got 3/],
  [['king', 'queen', 'man', '--perplexity', 'x'], 2, /--perplexity must be a number from 1, got "x"/],
  [['king', 'queen', 'man', '--method', 'umap'], 2, /--method must be pca, tsne/],
  [['king', 'queen', 'man', '--method', 'pca', '--seed', '1'], 2, /--seed is for --method tsne/],
  [['king', 'queen', 'man', '-o', 'words.png'], 2, /--output must end in \.svg or \.html/],
  [['--words', 'absent.txt'], 2, /--words absent\.txt: cannot be read \(ENOENT\)/],
  [['king', 'queen', 'man', '--method', 'pca', '-o', 'absent/words.svg'], 1, /cannot write absent/],
])('%j is refused in one line', (args, status, message) => {
  const result = run(...args);
  expect(result.stderr).toMatch(message);
  expect(result.status).toBe(status);
  expect(result.stderr.trimEnd()).not.toContain('\n');
});
