/** Models leave no memory behind. */
import { expect, it } from 'vitest';
import { runChild } from './child.js';

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

it('the memory is flat over a hundred models', async () => {
  const { code, stdout, stderr } = await runChild('load-and-dispose', [], { node: ['--expose-gc'] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const sizes = JSON.parse(stdout) as number[];
  expect(sizes.length).toBe(100);
  const growth = median(sizes.slice(-20)) - median(sizes.slice(20, 40));
  // V8's heap, where the vocabulary lies, moves up and down by 25 MB. Weights that stay are 21 MB a model, so 60 models
  // would leave 1.3 GB; the bound finds 0.7 MB a model.
  expect(growth).toBeLessThan(40 * 2 ** 20);
});
