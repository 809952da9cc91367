/** Listings: what repeats is shown once, and nothing else. */
import { describe, expect, it } from 'vitest';
import { foldRepeats } from '../../src/program/fold.js';

/** A stack as BERT records it: `before` and `after` it a norm and a pooling. */
function stack(layers: number, widths: readonly number[] = []): string {
  const lines = ['%1 = embedding(const0, ids) [N,8]', '%2 = layerNorm(%1, const3, const4, eps=1e-12) [N,8]'];
  let [x, next] = [2, 10];
  for (let layer = 0; layer < layers; layer++) {
    const width = widths[layer] ?? 32;
    lines.push(
      `%${next} = linear(%${x}) [N,${width}]`,
      `%${next + 1} = linear(%${next}) [N,8]`,
      `%${next + 2} = add(%${x}, %${next + 1}) [N,8]`,
      `%${next + 5} = layerNorm(%${next + 2}, const${next + 3}, const${next + 4}, eps=1e-12) [N,8]`,
    );
    x = next + 5;
    next += 7;
  }
  return [...lines, `%${next} = pool(%${x}, offsets, mode=mean) [S,8]`].join('\n');
}

const shape = (listing: string) => foldRepeats(listing).map(({ lines, times }) => [lines.length, times]);
/** What the folds stand for, by operation. */
const unfolded = (listing: string) =>
  foldRepeats(listing).flatMap(({ lines, times }) => Array.from({ length: times }, () => lines).flat());
const opsOf = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/(%|const)\d+/g, ''));

describe('layers', () => {
  it('of any number are shown once', () => {
    for (const layers of [2, 3, 6, 24]) {
      expect(shape(stack(layers))).toEqual([
        [2, 1],
        [4, layers],
        [1, 1],
      ]);
      expect(opsOf(unfolded(stack(layers)))).toEqual(opsOf(stack(layers).split('\n')));
    }
  });

  it('begin where a layer begins, though the norm before them looks like the end of one', () => {
    const [before, layer] = foldRepeats(stack(4));
    expect(before!.lines.at(-1)).toContain('layerNorm');
    expect(layer!.lines[0]).toBe('%10 = linear(%2) [N,32]');
    expect(layer!.lines.at(-1)).toContain('layerNorm');
  });

  it('of different sizes stand apart', () => {
    expect(shape(stack(6, [32, 32, 32, 64, 64, 64]))).toEqual([
      [2, 1],
      [4, 3],
      [4, 3],
      [1, 1],
    ]);
  });
});

describe('what is not a repeat', () => {
  it('one layer', () => expect(shape(stack(1))).toEqual([[7, 1]]));

  it('the same operations on other results', () => {
    const line = (at: number, of: number) => `%${at} = relu(%${of}) [N,8]`;
    const chain = Array.from({ length: 8 }, (_, i) => line(i + 2, i + 1));
    expect(shape(['%1 = relu(x) [N,8]', ...chain].join('\n'))).toEqual([
      [1, 1],
      [1, 8],
    ]);
    const star = Array.from({ length: 8 }, (_, i) => line(i + 2, 1));
    expect(shape(['%1 = relu(x) [N,8]', ...star].join('\n'))).toEqual([[9, 1]]);
  });

  it('a pair of lines, and nothing at all', () => {
    expect(shape('%1 = relu(x) [N,8]\n%2 = relu(x) [N,8]')).toEqual([[2, 1]]);
    expect(shape('')).toEqual([[1, 1]]);
  });
});
