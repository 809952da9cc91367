/** What callers of Program and of recorded operations may get wrong: typed errors, one line each. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { add, attentionProbs, gelu } from '../../src/ops/index.js';
import { type Graph, Program } from '../../src/program/index.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';

const loose = (value: unknown) => value as never;

async function refuses(call: () => Promise<unknown>, message: string): Promise<void> {
  const error: unknown = await call().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
}

const identity = (graph: Graph) => ({ y: gelu(graph.input('x', 'f32', [TOKENS, 2])) });

describe('compile refuses', () => {
  const returned = 'the function given to Program.compile must return its outputs by name';
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'Program.compile takes a function that records, got undefined'],
    ['an object', { build: identity }, 'takes a function that records, got an object'],
    ['a build that returns nothing', () => undefined, `${returned}, as { name: tensor }, got undefined`],
    ['a build that returns null', () => null, 'got null'],
    ['a build that returns a tensor', (graph: Graph) => identity(graph).y, 'got Tensor'],
    ['a build that returns a list', (graph: Graph) => [identity(graph).y], 'got a list of 1'],
    ['a build that returns numbers', () => ({ y: 5 }), `${returned}; "y" is 5, not a Tensor`],
    ['a build that takes time', async (graph: Graph) => identity(graph), `${returned} at once, got a Promise`],
    ['a build that fails later', () => Promise.reject(new Error('later')), 'at once, got a Promise'],
  ])('%s', async (_, build, message) => {
    await refuses(() => Program.compile(loose(build)), message);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'Program.compile: options must be an object, got null'],
    ['too many threads', { threads: 5000 }, 'threads must be a whole number from 0 (all CPUs) to 1024, got 5000'],
    ['NaN threads', { threads: Number.NaN }, 'to 1024, got NaN'],
    ['a signal', { signal: AbortSignal.abort() }, 'there is no "signal" in options; it takes threads'],
  ])('%s', async (_, options, message) => {
    await refuses(() => Program.compile(identity, loose(options)), message);
  });

  it.each<[string, unknown, unknown, unknown, string]>([
    ['no name', undefined, 'f32', [1], 'a program input needs a name, got undefined'],
    ['an unknown dtype', 'x', 'u8', [1], 'program input "x" must have dtype f32, f16'],
    ['null as dtype', 'x', null, [1], 'got null'],
    ['null as shape', 'x', 'f32', null, 'must have a shape, a list of at most 6 sizes, got null'],
    ['a number as shape', 'x', 'f32', 3, 'sizes, got 3'],
    ['seven axes', 'x', 'f32', [1, 1, 1, 1, 1, 1, 1], 'got 7 axes'],
    ['a fraction', 'x', 'f32', [2, 1.5], 'whole numbers from 0 or symbols as sizes, got 1.5 on axis 1'],
    ['NaN', 'x', 'f32', [Number.NaN], 'got NaN on axis 0'],
    ['an unknown symbol', 'x', 'f32', [-6], 'got -6 on axis 0'],
    ['a hole', 'x', 'f32', new Array(1), 'got undefined on axis 0'],
  ])('an input with %s', async (_, name, dtype, shape, message) => {
    await refuses(
      () => Program.compile((graph) => ({ y: graph.input(loose(name), loose(dtype), loose(shape)) })),
      message,
    );
  });
});

describe('run refuses', () => {
  const x = Float32Array.of(1, 2);
  it.each<[string, unknown, unknown, string]>([
    ['nothing', undefined, undefined, 'Program.run takes an object with an array for each input, got undefined'],
    ['null', null, undefined, 'for each input, got null'],
    ['null as input', { x: null }, undefined, 'program input "x" must be f32, got null'],
    ['a number as input', { x: 5 }, undefined, 'program input "x" must be f32, got 5'],
    ['null for options', { x }, null, 'Program.run: options must be an object, got null'],
    ['too many threads', { x }, { threads: 1025 }, 'Program.run: threads must be a whole number'],
    ['no signal', { x }, { signal: 1 }, 'signal must be an AbortSignal, got 1'],
  ])('%s', async (_, inputs, options, message) => {
    const program = await Program.compile(identity);
    await refuses(() => program.run(loose(inputs), loose(options)), message);
    program.dispose();
  });

  it('memory that another thread may write, or that is gone', async () => {
    const program = await Program.compile(identity);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    await refuses(() => program.run({ x: shared }), '"x" is an array backed by a SharedArrayBuffer; copy it first');
    const sent = new Float32Array(2);
    structuredClone(sent.buffer, { transfer: [sent.buffer] });
    await refuses(() => program.run({ x: sent }), '"x" is an array that was detached');
    const growing = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(8, {
      maxByteLength: 16,
    });
    await refuses(() => program.run({ x: new Float32Array(growing) }), 'backed by a resizable ArrayBuffer');
    program.dispose();
  });

  it('an input that only every object has', async () => {
    const program = await Program.compile((graph) => ({ y: gelu(graph.input('constructor', 'f32', [TOKENS])) }));
    await refuses(() => program.run({}), 'program input "constructor" is missing');
    const { y } = await program.run({ constructor: Float32Array.of(0) } as never);
    expect(y?.data).toEqual(Float32Array.of(0));
    program.dispose();
  });
});

it('more tokens than P has numbers for run where P is not used', async () => {
  const tokens = 2 ** 23 + 1; // N² is more than native code's largest size, 2^46
  const program = await Program.compile((graph) => ({ y: gelu(graph.input('x', 'f32', [TOKENS])) }));
  const { y } = await program.run({ x: new Float32Array(tokens) });
  expect(y?.shape).toEqual([tokens]);
  program.dispose();
});

it('an output that memory has no room for is refused', async () => {
  const program = await Program.compile((graph) => {
    const q = graph.input('q', 'f32', [TOKENS, 1]);
    return { y: attentionProbs(q, q, graph.input('offsets', 'i32', [OFFSETS]), { heads: 1 }) };
  });
  const tokens = 2 ** 23 + 1;
  const inputs = { q: new Float32Array(tokens), offsets: Int32Array.of(0, tokens) };
  await refuses(() => program.run(inputs), 'program output "y"');
  program.dispose();
});

describe('attention weights of operands of which only some are recorded', () => {
  // all keys alike: the weights of a sequence of T tokens are 1/T
  const bounds = [0, 1, 3];
  const want = Float32Array.of(1, 0.5, 0.5, 0.5, 0.5);
  const zeros = Tensor.zeros([3, 2]);

  it('the offsets', async () => {
    const program = await Program.compile((graph) => ({
      y: attentionProbs(zeros, zeros, graph.input('offsets', 'i32', [OFFSETS]), { heads: 1 }),
    }));
    const { y } = await program.run({ offsets: Int32Array.from(bounds) });
    expect(y?.shape).toEqual([1, 5]);
    expect(y?.data).toEqual(want);
    program.dispose();
  });

  it('the tokens', async () => {
    const offsets = Tensor.from(bounds, { dtype: 'i32' });
    const program = await Program.compile((graph) => {
      const q = add(graph.input('q', 'f32', [TOKENS, 2]), Tensor.zeros([2]));
      return { y: attentionProbs(q, q, offsets, { heads: 1 }) };
    });
    const { y } = await program.run({ q: new Float32Array(6) });
    expect(y?.shape).toEqual([1, 5]);
    expect(y?.data).toEqual(want);
    program.dispose();
  });

  it('the other symbols stay as they are', async () => {
    const program = await Program.compile((graph) => ({ y: graph.input('start', 'i32', [SEQUENCES]) }));
    expect(program.outputs[0]?.shape).toEqual([SEQUENCES]);
    program.dispose();
  });
});
