/** Attention that knows distances: windows, a bias by distance, DeBERTa's relative terms. Tolerance as in attention.test.ts. */
import { describe, expect, it } from 'vitest';
import { type AttentionOptions, attention, attentionProbs } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import * as reference from '../reference/attention.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { Random } from '../reference/random.js';

// relative terms make three products of a score
const relativeError = 1.5e-5;
const tolerance = 1.5e-5;
const mixed = [3, 0, 1, 17, 2, 90];

interface Shape {
  readonly heads: number;
  readonly width: number;
  readonly lengths: readonly number[];
  readonly window?: number;
  readonly keys?: readonly number[];
  /** m of a bias by distance. */
  readonly distance?: number;
  /** Which relative tables there are, and m. */
  readonly relative?: { readonly kinds: readonly ('keys' | 'queries')[]; readonly most: number };
}

function make({ heads, width, lengths, window, keys, distance, relative }: Shape) {
  const random = new Random(heads * 7919 + width * 31 + lengths.length);
  const offsets = Int32Array.from([0, ...lengths.map((_, s) => lengths.slice(0, s + 1).reduce((a, b) => a + b))]);
  const columns = heads * width;
  const size = offsets.at(-1)! * columns;
  const [q, k, v] = [random.normals(size), random.normals(size), random.normals(size)];
  const bias = distance === undefined ? undefined : random.normals(heads * (2 * distance + 1));
  const rows = 7;
  const table = (kind: 'keys' | 'queries') =>
    relative?.kinds.includes(kind) ? random.normals(rows * columns) : undefined;
  const tables = { keys: table('keys'), queries: table('queries') };
  const distances = Int32Array.from({ length: 2 * (relative?.most ?? 0) + 1 }, (_, i) => (i * 3) % rows);
  const twin: reference.AttentionCase = {
    ...{ q, k, offsets, heads, width },
    ...(window === undefined ? {} : { window }),
    ...(keys ? { keys } : {}),
    ...(bias ? { distanceBias: { values: bias, most: distance! } } : {}),
    ...(relative ? { relative: { ...tables, distances } } : {}),
  };
  const matrix = (data: Float32Array) => Tensor.from(data, { shape: [data.length / columns, columns] });
  const options: AttentionOptions = {
    heads,
    ...(window === undefined ? {} : { window }),
    ...(keys ? { keys: Tensor.from(Int32Array.from(keys)) } : {}),
    ...(bias ? { distanceBias: Tensor.from(bias, { shape: [heads, 2 * distance! + 1] }) } : {}),
    ...(relative
      ? {
          relative: {
            keys: tables.keys && matrix(tables.keys),
            queries: tables.queries && matrix(tables.queries),
            distances: Tensor.from(distances),
          },
        }
      : {}),
  };
  return { q: matrix(q), k: matrix(k), v: matrix(v), offsets: Tensor.from(offsets), options, twin, values: v };
}

function check(shape: Shape): void {
  const { q, k, v, offsets, options, twin, values } = make(shape);
  expectClose(attention(q, k, v, offsets, options).toFloat32Array(), reference.attention(twin, values), tolerance);
  const expected = reference.attentionProbs(twin);
  const probs = attentionProbs(q, k, offsets, options).toFloat32Array();
  expectClose(probs, expected, (i) => relativeError * expected[i]! + 1e-37);
}

describe('a window', () => {
  it.each([0, 1, 2, 8, 63, 64, 65, 500])('of %i places', (window) => {
    check({ heads: 2, width: 16, lengths: [...mixed, 150], window });
  });

  it('leaves rows that see no key zero, where the last tokens are not seen', () => {
    check({ heads: 2, width: 16, lengths: [90, 4], window: 3, keys: [60, 4] });
  });
});

describe('a bias by distance', () => {
  it.each([0, 1, 5, 89, 200])('up to %i places', (distance) => {
    check({ heads: 3, width: 16, lengths: mixed, distance });
  });

  it('in a window', () => check({ heads: 3, width: 16, lengths: mixed, distance: 4, window: 6 }));
});

describe('relative terms', () => {
  for (const kinds of [['keys'], ['queries'], ['keys', 'queries']] as const) {
    it.each([0, 2, 70, 100])(`of ${kinds.join(' and ')}, up to %i places`, (most) => {
      check({ heads: 2, width: 24, lengths: mixed, relative: { kinds, most } });
    });
  }
});

it('a sequence has the same bits alone and in company', () => {
  const kinds = ['keys', 'queries'] as const;
  for (const shape of [{ window: 9 }, { distance: 12 }, { relative: { kinds, most: 9 } }]) {
    const { q, k, v, offsets, options } = make({ heads: 2, width: 16, lengths: [30, 100, 7], ...shape });
    const all = attention(q, k, v, offsets, options)
      .toFloat32Array()
      .slice(30 * 32, 130 * 32);
    const part = (x: Tensor) => Tensor.from(x.toFloat32Array().slice(30 * 32, 130 * 32), { shape: [100, 32] });
    const alone = attention(part(q), part(k), part(v), Tensor.from(Int32Array.of(0, 100)), options);
    expectSame(alone.toFloat32Array(), all);
  }
});

it('refuses what does not fit', () => {
  const x = Tensor.zeros([4, 6]);
  const offsets = Tensor.from(Int32Array.of(0, 4));
  const refuse = (options: Partial<AttentionOptions>, message: RegExp) =>
    expect(() => attention(x, x, x, offsets, { heads: 2, ...options })).toThrow(message);
  refuse({ window: -1 }, /window/);
  refuse({ window: 1, causal: true }, /without causal/);
  refuse({ distanceBias: Tensor.zeros([2, 4]) }, /distanceBias \[H,2m\+1\]/);
  refuse(
    { distanceBias: Tensor.zeros([2, 3]), bias: Tensor.zeros([2, 4, 4]) },
    /one of bias, distanceBias and relative/,
  );
  const distances = Tensor.from(Int32Array.of(0, 1, 2));
  refuse({ relative: { distances } }, /relative.keys or relative.queries/);
  refuse({ relative: { keys: Tensor.zeros([3, 5]), distances } }, /\[R,H·d\] with H·d = 6/);
  refuse({ relative: { keys: Tensor.zeros([2, 6]), distances } }, /distances must name rows of the tables/);
});
