/** The rule `storeBf16`: what it stores in half the bytes, and that nobody can tell by the results. */
import { describe, expect, it } from 'vitest';
import { gelu, linear } from '../../src/ops/index.js';
import { Program } from '../../src/program/index.js';
import { TOKENS } from '../../src/tensor/shape.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Random } from '../reference/random.js';
import { constant } from './both-ways.js';

const other = constant([12, 12], 2);

describe('storeBf16', () => {
  /** y of two linears with `between` after the first, and what its program says of the value between them. */
  async function twoLinears(
    weight: Tensor,
    handBack: boolean,
  ): Promise<{ y: Float32Array; inner: string | undefined }> {
    const data = new Random(7).normals(5 * 12);
    const program = await Program.compile(
      (graph) => {
        const inner = gelu(linear(graph.input('x', 'f32', [TOKENS, 12]), weight));
        const y = linear(inner, constant([3, weight.shape[0] ?? 0], 9));
        return handBack ? { y, inner } : { y };
      },
      { arithmetic: 'bf16' },
    );
    const { y } = await program.run({ x: data });
    const [first = ''] = program.listing.compiled.split('\n');
    program.dispose();
    return { y: y?.data as Float32Array, inner: /bf16\[.*\]$/.exec(first)?.[0] };
  }

  it('halves what only linears in bf16 read, and changes no bit', async () => {
    const stored = await twoLinears(other, false);
    const plain = await twoLinears(other, true);
    expect(stored.inner).toBe('bf16[N,12]');
    expect(plain.inner).toBeUndefined();
    expect(stored.y).toEqual(plain.y);
  });

  it('leaves rows of an odd width', async () => {
    expect((await twoLinears(constant([7, 12], 5), false)).inner).toBeUndefined();
  });
});
