/** Each rule fires where it should, nowhere else, and never changes a bit. */
import { describe, expect, it } from 'vitest';
import * as ops from '../../src/ops/index.js';
import { add, attention, attentionProbs, gelu, linear, reshape, slice, softmax } from '../../src/ops/index.js';
import { Graph } from '../../src/program/index.js';
import { rules } from '../../src/program/rules/index.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { halves } from '../reference/half.js';
import { Random } from '../reference/random.js';
import { type Build, bothWays, constant, type Ports } from './both-ways.js';

const x = ['f32', [TOKENS, 12]] as const;
const ports: Ports = { x, y: x, offsets: ['i32', [OFFSETS]] };
const [square, other, third] = [1, 2, 3].map((seed) => constant([12, 12], seed)) as [Tensor, Tensor, Tensor];
const bias = constant([12], 4);

/** The operations of the compiled program, one a step, each with what a rule put into it. */
async function compiled(build: Build, inputs: Ports = ports): Promise<string[]> {
  const program = await bothWays(inputs, build);
  const { listing } = program;
  program.dispose();
  return listing.compiled.split('\n').map((line) => {
    const [, op = '', operands = ''] = /= (\w+)\((.*)\)/.exec(line) ?? [];
    const marks = operands.split(', ').filter((operand) => /activation=|norm=|weights$|^begin=/.test(operand));
    const norm = marks.includes('norm=layer') ? 3 : 0; // gamma, beta and eps
    const others = operands.split(', ').filter((operand) => !marks.includes(operand)).length;
    const residual = op === 'linear' && others - norm > 1;
    return [op, ...marks, ...(residual ? ['residual'] : [])].join(' ');
  });
}

it('every rule is tried below, or in a file of its name', () => {
  expect(Object.keys(rules)).toEqual([
    'dropUnused',
    'mergeLinears',
    'fuseActivation',
    'fuseResidual',
    'fuseLayerNorm',
    'storeBf16',
  ]);
});

describe('dropUnused', () => {
  it('leaves out what nobody reads, and what only that read', async () => {
    expect(
      await compiled(({ x }) => {
        gelu(softmax(linear(x!, square)));
        return { y: ops.relu(x!) };
      }),
    ).toEqual(['relu']);
  });

  it('keeps what is read, however late', async () => {
    expect(
      await compiled(({ x, y }) => {
        const early = softmax(x!);
        return { y: ops.mul(gelu(y!), early) };
      }),
    ).toEqual(['softmax', 'gelu', 'mul']);
  });
});

describe('fuseActivation', () => {
  const activations = {
    gelu,
    geluTanh: ops.geluTanh,
    relu: ops.relu,
    silu: ops.silu,
    tanh: ops.tanh,
    sigmoid: ops.sigmoid,
  };
  const names: Record<string, string> = { geluTanh: 'gelu_tanh' };

  it.each(Object.entries(activations))('puts %s into the linear before it', async (name, activation) => {
    expect(await compiled(({ x }) => ({ y: activation(linear(x!, square, bias)) }))).toEqual([
      `linear activation=${names[name] ?? name}`,
    ]);
  });

  it('takes f16 weights and wide results', async () => {
    const weight = Tensor.from(halves(new Random(1).normals(12 * 100), 'f16'), { dtype: 'f16', shape: [100, 12] });
    expect(await compiled(({ x }) => ({ y: gelu(linear(x!, weight)) }))).toEqual(['linear activation=gelu']);
  });

  it('takes the first of two activations only', async () => {
    expect(await compiled(({ x }) => ({ y: gelu(ops.relu(linear(x!, square))) }))).toEqual([
      'linear activation=relu',
      'gelu',
    ]);
  });

  it('leaves a linear that is handed back', async () => {
    expect(
      await compiled(({ x }) => {
        const inner = linear(x!, square);
        return { inner, y: gelu(inner) };
      }),
    ).toEqual(['linear', 'gelu']);
  });

  it('leaves a linear that something else reads too', async () => {
    expect(
      await compiled(({ x }) => {
        const inner = linear(x!, square);
        return { y: ops.mul(gelu(inner), inner) };
      }),
    ).toEqual(['linear', 'gelu', 'mul']);
    expect(
      await compiled(({ x }) => {
        const inner = linear(x!, square);
        return { y: gelu(inner), z: ops.silu(inner) };
      }),
    ).toEqual(['linear', 'gelu', 'silu']);
  });

  it('leaves a linear whose result is reshaped first, and what is no activation', async () => {
    expect(await compiled(({ x }) => ({ y: gelu(reshape(linear(x!, square), [x!.shape[0]!, 3, 4])) }))).toEqual([
      'linear',
      'copy',
      'gelu',
    ]);
    expect(await compiled(({ x }) => ({ y: softmax(linear(x!, square)) }))).toEqual(['linear', 'softmax']);
  });

  it('leaves a linear with a residual: the activation comes after the sum', async () => {
    expect(await compiled(({ x, y }) => ({ y: gelu(add(y!, linear(x!, square))) }))).toEqual([
      'linear residual',
      'gelu',
    ]);
  });
});

it('an activation never moves before a residual that was fused already', () => {
  const graph = new Graph();
  const [left, right] = [graph.input('x', 'f32', [2, 12]), graph.input('y', 'f32', [2, 12])];
  graph.output('y', gelu(add(right, linear(left, square))));
  expect(rules.fuseResidual?.(graph)).toBe(true);
  expect(rules.fuseActivation?.(graph)).toBe(false);
});

describe('fuseResidual', () => {
  it.each([
    ['before', (sum: Tensor, y: Tensor) => add(y, sum)],
    ['after', (sum: Tensor, y: Tensor) => add(sum, y)],
  ])('puts a value %s the linear into it', async (_, join) => {
    expect(await compiled(({ x, y }) => ({ y: join(linear(x!, square, bias), y!) }))).toEqual(['linear residual']);
  });

  it("takes the linear's own x, a constant-free chain, and a value made later", async () => {
    expect(await compiled(({ x }) => ({ y: add(x!, linear(x!, square)) }))).toEqual(['linear residual']);
    expect(
      await compiled(({ x, y }) => {
        const sum = linear(x!, square);
        return { y: add(sum, softmax(y!)) };
      }),
    ).toEqual(['softmax', 'linear residual']);
  });

  it('adds behind an activation', async () => {
    expect(await compiled(({ x, y }) => ({ y: add(y!, gelu(linear(x!, square))) }))).toEqual([
      'linear activation=gelu residual',
    ]);
  });

  it('takes one of two linears, and one of two sums', async () => {
    expect(await compiled(({ x, y }) => ({ y: add(linear(x!, square), linear(y!, other)) }))).toEqual([
      'linear',
      'linear residual',
    ]);
    expect(await compiled(({ x, y }) => ({ y: add(add(linear(x!, square), y!), x!) }))).toEqual([
      'linear residual',
      'add',
    ]);
  });

  it('leaves a linear added to itself', async () => {
    expect(
      await compiled(({ x }) => {
        const sum = linear(x!, square);
        return { y: add(sum, sum) };
      }),
    ).toEqual(['linear', 'add']);
  });

  it('leaves a vector that is repeated along the rows', async () => {
    expect(await compiled(({ x }) => ({ y: add(linear(x!, square), bias) }))).toEqual(['linear', 'add']);
  });

  it('leaves a linear that is handed back or read twice', async () => {
    expect(
      await compiled(({ x, y }) => {
        const sum = linear(x!, square);
        return { sum, y: add(sum, y!) };
      }),
    ).toEqual(['linear', 'add']);
    expect(
      await compiled(({ x, y }) => {
        const sum = linear(x!, square);
        return { y: ops.mul(add(sum, y!), sum) };
      }),
    ).toEqual(['linear', 'add', 'mul']);
    expect(
      await compiled(({ x }) => {
        const sum = linear(x!, square);
        return { y: add(sum, softmax(sum)) };
      }),
    ).toEqual(['linear', 'softmax', 'add']);
  });

  it('leaves a product', async () => {
    expect(await compiled(({ x, y }) => ({ y: ops.mul(linear(x!, square), y!) }))).toEqual(['linear', 'mul']);
  });
});

describe('mergeLinears', () => {
  const heads = 3;
  const slices = ['slice begin=0', 'slice begin=12', 'slice begin=24'];

  it('makes one product of query, key and value', async () => {
    expect(
      await compiled(({ x, offsets }) => {
        const [q, k, v] = [linear(x!, square, bias), linear(x!, other), linear(x!, third, bias)];
        return { y: attention(q, k, v, offsets!, { heads }), probs: attentionProbs(q, k, offsets!, { heads }) };
      }),
    ).toEqual(['linear 3 weights', ...slices, 'attention', 'attentionProbs']);
  });

  it('takes weights of different types', async () => {
    const half = (dtype: 'f16' | 'bf16') =>
      Tensor.from(halves(new Random(7).normals(144), dtype), { dtype, shape: [12, 12] });
    for (const weights of [
      [half('f16'), half('f16'), half('f16')],
      [half('f16'), square, half('bf16')],
    ] as const) {
      const steps = await compiled(({ x, offsets }) => {
        const [q, k, v] = weights.map((weight) => linear(x!, weight, bias)) as [Tensor, Tensor, Tensor];
        return { y: attention(q, k, v, offsets!, { heads }) };
      });
      expect(steps).toEqual(['linear 3 weights', ...slices, 'attention']);
    }
  });

  it('takes two of three where the third has another x', async () => {
    expect(
      await compiled(({ x, y, offsets }) => ({
        y: attention(linear(y!, square), linear(x!, other), linear(x!, third), offsets!, { heads }),
      })),
    ).toEqual(['linear', 'linear 2 weights', ...slices.slice(0, 2), 'attention']);
  });

  it('leaves one that is handed back or that another operation reads', async () => {
    expect(
      await compiled(({ x, offsets }) => {
        const [q, k, v] = [linear(x!, square), linear(x!, other), linear(x!, third)];
        return { q, y: attention(q, k, v, offsets!, { heads }) };
      }),
    ).toEqual(['linear', 'linear 2 weights', ...slices.slice(0, 2), 'attention']);
    expect(
      await compiled(({ x, offsets }) => {
        const [q, k, v] = [linear(x!, square), linear(x!, other), linear(x!, third)];
        return { y: add(softmax(k), attention(q, k, v, offsets!, { heads })) };
      }),
    ).toContain('linear 2 weights');
  });

  it('leaves one with an activation', async () => {
    const steps = await compiled(({ x, offsets }) => {
      const [q, k, v] = [linear(x!, square), gelu(linear(x!, other)), linear(x!, third)];
      return { y: attention(q, k, v, offsets!, { heads }) };
    });
    expect(steps).toContain('linear 2 weights');
    expect(steps).toContain('linear activation=gelu');
  });

  it('leaves linears whose readers need their results whole', async () => {
    expect(await compiled(({ x }) => ({ y: ops.mul(linear(x!, square), linear(x!, other)) }))).toEqual([
      'linear',
      'linear',
      'mul',
    ]);
  });

  it('leaves linears that make a bias of attention', async () => {
    const inputs: Ports = { ...ports, pairs: ['f32', [heads, 70, 8]] };
    const [first, second] = [constant([70, 8], 1), constant([70, 8], 2)];
    const steps = await compiled(({ x, pairs, offsets }) => {
      const [a, b] = [linear(pairs!, first), linear(pairs!, second)];
      const attended = attention(x!, x!, x!, offsets!, { heads, bias: a });
      return { y: attention(attended, x!, x!, offsets!, { heads, bias: b }) };
    }, inputs);
    expect(steps).toEqual(['linear', 'linear', 'attention', 'attention']);
  });
});

describe('fuseLayerNorm', () => {
  const [gamma, beta] = [constant([12], 5), constant([12], 6)] as [Tensor, Tensor];
  const norm = (value: Tensor) => ops.layerNorm(value, gamma, beta, 1e-5);

  it('puts the norm into the linear before it, with or without a residual or an activation', async () => {
    expect(await compiled(({ x }) => ({ y: norm(linear(x!, square)) }))).toEqual(['linear norm=layer']);
    expect(await compiled(({ x, y }) => ({ y: norm(add(y!, linear(x!, square, bias))) }))).toEqual([
      'linear norm=layer residual',
    ]);
    expect(await compiled(({ x }) => ({ y: norm(gelu(linear(x!, square))) }))).toEqual([
      'linear activation=gelu norm=layer',
    ]);
  });

  it('holds for more rows than a thread norms at once, and for few', async () => {
    const build: Build = ({ x, y }) => ({ y: norm(add(y!, linear(x!, square, bias))) });
    const program = await bothWays(ports, build, [[300, 211], [1]]);
    program.dispose();
  });

  it('takes the first of two norms, and makes what follows a residual of its result', async () => {
    expect(
      await compiled(({ x }) => {
        const once = norm(linear(x!, square));
        return { y: norm(add(once, linear(once, other))) };
      }),
    ).toEqual(['linear norm=layer', 'linear norm=layer residual']);
    expect(await compiled(({ x }) => ({ y: norm(norm(linear(x!, square))) }))).toEqual([
      'linear norm=layer',
      'layerNorm',
    ]);
  });

  it('leaves a sum that is handed back or read again', async () => {
    expect(
      await compiled(({ x }) => {
        const sum = linear(x!, square);
        return { sum, y: norm(sum) };
      }),
    ).toEqual(['linear', 'layerNorm']);
    expect(
      await compiled(({ x }) => {
        const sum = linear(x!, square);
        return { y: ops.mul(sum, norm(sum)) };
      }),
    ).toEqual(['linear', 'layerNorm', 'mul']);
  });

  it('leaves a linear whose activation comes after the norm', async () => {
    expect(await compiled(({ x }) => ({ y: gelu(norm(linear(x!, square))) }))).toEqual(['linear norm=layer', 'gelu']);
  });
});

describe('a column slice', () => {
  it('is read in place by attention, and copied for others', async () => {
    const [wide, heads] = [constant([36, 12], 9), 2];
    await bothWays(ports, ({ x, offsets }) => {
      const all = linear(x!, wide);
      const [q, k, v] = [0, 12, 24].map((begin) => slice(all, 1, begin, begin + 12)) as [Tensor, Tensor, Tensor];
      return { y: attention(q, k, v, offsets!, { heads }), z: gelu(v), rest: softmax(slice(all, 1, 5, 30)) };
    });
  });

  it('of an input is read in place too', async () => {
    const inputs: Ports = { all: ['f32', [TOKENS, 40]], offsets: ['i32', [OFFSETS]] };
    await bothWays(inputs, ({ all, offsets }) => {
      const [q, k, v] = [1, 13, 28].map((begin) => slice(all!, 1, begin, begin + 12)) as [Tensor, Tensor, Tensor];
      return { y: attention(q, k, v, offsets!, { heads: 3 }) };
    });
  });

  it('may be the bias of attention', async () => {
    const inputs: Ports = { ...ports, wide: ['f32', [2, 70, 80]] };
    await bothWays(inputs, ({ x, wide, offsets }) => ({
      y: attention(x!, x!, x!, offsets!, { heads: 2, bias: slice(wide!, 2, 3, 73) }),
    }));
  });

  it('may be the offsets', async () => {
    await bothWays(
      ports,
      ({ x }) => {
        const offsets = slice(Tensor.from(Int32Array.of(9, 9, 0, 2, 4, 9)), 0, 2, 5);
        return { y: attention(x!, x!, x!, offsets, { heads: 2 }) };
      },
      [[2, 2]],
    );
  });
});
