/** Profiles: a time and a cost for every step that is run, and the same mistakes as runs have. */
import { describe, expect, it } from 'vitest';
import { UsageError, VectralError } from '../../src/errors.js';
import { add, attention, embedding, gelu, linear } from '../../src/ops/index.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { arraysFor, compile, constant, type Ports } from './both-ways.js';

const ports: Ports = { ids: ['i32', [TOKENS]], offsets: ['i32', [OFFSETS]] };
const weights = [1, 2, 3, 4].map((seed) => constant([24, 24], seed)) as [Tensor, Tensor, Tensor, Tensor];

function build({ ids, offsets }: Readonly<Record<string, Tensor>>) {
  const x = embedding(constant([10, 24], 5), ids!);
  const [q, k, v] = [linear(x, weights[0]), linear(x, weights[1]), linear(x, weights[2])];
  return { y: add(gelu(linear(attention(q, k, v, offsets!, { heads: 4 }), weights[3])), x) };
}
const inputs = arraysFor(ports, [5, 2]);

describe('a profile', () => {
  it('has the steps that are run, fused and without the views', async () => {
    const program = await compile(ports, build);
    const profile = await program.profile(inputs, { runs: 3, threads: 2 });
    expect([profile.runs, profile.threads]).toEqual([3, 2]);
    expect(profile.steps.map(({ label }) => label)).toEqual([
      'embedding [10,24] → [7,24]',
      'linear [7,24] × [72,24]',
      'attention [7,24], 4 heads',
      'linear [7,24] × [24,24] gelu + residual',
    ]);
    expect(profile.steps.map(({ operations }) => operations)).toEqual([
      0,
      2 * 7 * 24 * 72,
      4 * (25 + 4) * 24,
      2 * 7 * 24 * 24,
    ]);
    expect(program.listing.recorded.split('\n')).toHaveLength(8);
    expect(program.listing.compiled.split('\n')).toHaveLength(7);
  });

  it('has times that are times', async () => {
    const program = await compile(ports, build);
    const { seconds, besideSeconds, steps } = await program.profile(inputs, { runs: 5 });
    expect(seconds).toBeGreaterThan(0);
    expect(besideSeconds).toBeGreaterThan(0);
    for (const step of steps) expect(step.seconds).toBeGreaterThan(0);
  });

  it('chooses how many runs, and goes on beside others', async () => {
    const program = await compile(ports, build);
    const [profile, { y }] = await Promise.all([program.profile(inputs), program.run(inputs)]);
    expect(profile.runs).toBeGreaterThanOrEqual(5);
    expect(profile.runs).toBeLessThanOrEqual(200);
    expect((await program.run(inputs)).y!.data).toEqual(y!.data);
  });
});

describe('mistakes', () => {
  it('are those of a run', async () => {
    const program = await compile(ports, build);
    await expect(program.profile({ ids: inputs.ids! })).rejects.toThrow(/program input "offsets" is missing/);
    await expect(program.profile(null as never)).rejects.toThrow(/Program.profile takes an object/);
    await expect(program.profile(inputs, { runs: 0 })).rejects.toThrow(UsageError);
    await expect(program.profile(inputs, { rounds: 3 } as never)).rejects.toThrow(/there is no "rounds" in options/);
    const outside = program.profile({ ...inputs, ids: new Int32Array(7).fill(10) }, { runs: 1 });
    await expect(outside).rejects.toThrow(/id 10 at position 0/);
    await expect(outside).rejects.toBeInstanceOf(VectralError);
    await expect(program.profile(inputs, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    program.dispose();
    await expect(program.profile(inputs)).rejects.toThrow(/was disposed/);
  });
});
