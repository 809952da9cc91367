import { describe, expect, it } from 'vitest';
import { native } from '../../src/native.js';

describe('these tests', () => {
  it('run on the instruction set they were started for', () => {
    expect(native.info().isa).toBe(process.env.VECTRAL_ISA);
  });

  it('cover every operation the addon has', async () => {
    const ops = await import('../../src/ops/index.js');
    // `copy` is what reshape records.
    const named = native.info().ops.filter((name) => name !== 'copy');
    expect(named.filter((name) => !(name in ops))).toEqual([]);
  });
});
