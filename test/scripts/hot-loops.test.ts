import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../scripts/disassembly.mjs';
import { type FunctionBody, loopProblems, multiplyAddLoops } from '../../scripts/hot-loops.mjs';

/** The one function of a listing as objdump prints it; `body` in lines of "address: instruction". */
async function parsed(body: string) {
  const lines = body
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/^(\w+): /, '  $1:\t'));
  const found = [];
  for await (const one of functionsOf(['', '0000000000000000 <void tile<1, 2>(long)>:', ...lines])) found.push(one);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** A loop over k within a loop over panels; `inner` and `outer` are instructions of each. */
const nested = (inner: string, outer = 'add $0x1,%rdx', before = 'xor %eax,%eax') =>
  parsed(`
    0: ${before}
    4: ${outer}
    8: vmovups (%rsi),%ymm12
    c: vfmadd231ps %ymm12,%ymm14,%ymm0
    10: ${inner}
    14: dec %rax
    18: jne 8 <void tile<1, 2>(long)+0x8>
    1c: cmp %rdx,%rcx
    20: jne 4 <void tile<1, 2>(long)+0x4>
    24: vmovaps %ymm0,%ymm1
    28: ret`);

const addresses = (body: FunctionBody) =>
  multiplyAddLoops(body).map(({ instructions }) => instructions.map(({ address }) => address));

describe('the check of the hot loops', () => {
  it('finds the innermost loop that multiplies', async () => {
    const body = await nested('add $0x40,%rsi');
    expect(addresses(body)).toEqual([[0x8, 0xc, 0x10, 0x14, 0x18]]);
    expect(loopProblems(body)).toEqual([]);
  });

  it.each([
    'vpdpbusd %zmm24,%zmm27,%zmm0',
    'vdpbf16ps %zmm24,%zmm27,%zmm0',
    'vpmaddwd %ymm12,%ymm14,%ymm15',
    'tdpbf16ps %tmm6,%tmm4,%tmm0',
  ])('takes %s for a multiply-add', async (product) => {
    const body = await parsed(`0: ${product}\n4: vmovaps %ymm0,%ymm1\n8: ja 0 <tile>\nc: ret`);
    expect(loopProblems(body)).toHaveLength(1);
  });

  it.each([
    ['vmovups 0x40(%rsp),%ymm13', 'stack access'],
    ['vfmadd231ps -0x20(%rsp,%rax,8),%ymm14,%ymm0', 'stack access'],
    ['mov %rdi,0x8(%rsp)', 'stack access'],
    ['call 100 <memcpy>', 'stack access'],
    ['vmovaps %ymm1,%ymm2', 'register copy'],
    ['vmovdqa64 %zmm17,%zmm31', 'register copy'],
  ])('objects to %s', async (text, what) => {
    expect(loopProblems(await nested(text))).toEqual([{ address: 0x8, what, instructions: [{ address: 0x10, text }] }]);
  });

  it.each([
    'vmovaps (%rsi),%ymm1',
    'vmovd %eax,%xmm1',
    'vmovups %zmm1,(%rdi)',
    'vmovups 0x40(%rbp),%ymm13',
    'vandps 0x0(%rip),%ymm14,%ymm14',
  ])('lets %s pass', async (text) => {
    expect(loopProblems(await nested(text))).toEqual([]);
  });

  it('takes rbp for the stack where it is the frame', async () => {
    const body = await nested('vmovups 0x40(%rbp),%ymm13', 'add $0x1,%rdx', 'mov %rsp,%rbp');
    expect(loopProblems(body).map(({ what }) => what)).toEqual(['stack access']);
  });

  it('follows jumps and not the order of the code', async () => {
    // A loop whose rare part, with what happens on the way, was moved behind the end of the function.
    const body = await parsed(`
      0: vfmadd231ps %ymm12,%ymm14,%ymm0
      4: test %rax,%rax
      8: je 18 <tile>
      c: dec %rcx
      10: jne 0 <tile>
      14: ret
      18: mov 0x8(%rsp),%rax
      1c: jmp c <tile>`);
    expect(addresses(body)).toEqual([[0, 4, 8, 0xc, 0x10, 0x18, 0x1c]]);
    expect(loopProblems(body).map(({ what }) => what)).toEqual(['stack access']);
  });

  it('takes a jump back to where a loop is only entered for no loop of its own', async () => {
    const body = await parsed(`
      0: test %rax,%rax
      4: je 18 <tile>
      8: vfmadd231ps %ymm12,%ymm14,%ymm0
      c: dec %rcx
      10: jne 8 <tile>
      14: ret
      18: vfmadd231ps (%rsp),%ymm14,%ymm0
      1c: jmp 8 <tile>`);
    expect(addresses(body)).toEqual([[8, 0xc, 0x10]]);
    expect(loopProblems(body)).toEqual([]);
  });

  it('lets outer loops do what they must', async () => {
    expect(loopProblems(await nested('nop', 'mov 0x8(%rsp),%rdx'))).toEqual([]);
  });

  it('does not pass a function whose multiply-adds it finds in no loop', async () => {
    const body = await parsed('0: vfmadd231ps %ymm12,%ymm14,%ymm0\n4: ret');
    expect(loopProblems(body).map(({ what }) => what)).toEqual(['multiply-add outside any loop']);
  });

  it('tells functions apart', async () => {
    const names = [];
    for await (const { name } of functionsOf(['0 <a>:', '  0:\tret', '', '4 <b<1>(int)>:', '  4:\tret']))
      names.push(name);
    expect(names).toEqual(['a', 'b<1>(int)']);
  });
});
