// The innermost loops of a function that multiply and add, and what does not belong into them. Functions as
// disassembly.mjs gives them.

const multiplyAdd = /^(vfn?m(add|sub)|vpdpbusd|vdpbf16ps|vpmaddwd|tdp)/;
const registerCopy = /^vmov\w+\s+%[xyz]mm\d+,%[xyz]mm\d+$/;
const jump = /^(j\w+)\s+([0-9a-f]+)\b/;
const leaves = /^(ret|ud2|jmp\b)/;
const framePointer = /^(mov|lea)\w*\s+.*%rsp\b.*,%rbp$/;

/** Stretches of instructions entered at their first and left at their last: { begin, end (the next one's), next (blocks) }. */
function blocksOf(instructions) {
  const places = new Map(instructions.map(({ address }, place) => [address, place]));
  const target = ({ text }) => places.get(Number.parseInt(jump.exec(text)?.[2], 16));
  const heads = new Set([0]);
  instructions.forEach((instruction, place) => {
    const to = target(instruction);
    if (to !== undefined) heads.add(to);
    if (to !== undefined || leaves.test(instruction.text)) heads.add(place + 1);
  });
  const begins = [...heads].filter((place) => place < instructions.length).sort((a, b) => a - b);
  return begins.map((begin, block) => {
    const end = begins[block + 1] ?? instructions.length;
    const last = instructions[end - 1];
    const next = [];
    if (target(last) !== undefined) next.push(begins.indexOf(target(last)));
    if (!leaves.test(last.text) && end < instructions.length) next.push(block + 1);
    return { begin, end, next };
  });
}

/** For each block the set, as bits of a BigInt, of those that every way to it leads through; itself included. */
function dominators(blocks, before) {
  const all = (1n << BigInt(blocks.length)) - 1n;
  const sets = blocks.map((_, block) => (block === 0 || before[block].length === 0 ? 1n << BigInt(block) : all));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [block, from] of before.entries()) {
      if (block === 0 || from.length === 0) continue;
      const set = from.reduce((common, other) => common & sets[other], all) | (1n << BigInt(block));
      changed ||= set !== sets[block];
      sets[block] = set;
    }
  }
  return sets;
}

/** The natural loops: { head, body }, a block and the set of blocks that lead back to it. */
function naturalLoops(blocks) {
  const before = blocks.map(() => []);
  for (const [block, { next }] of blocks.entries()) for (const to of next) before[to].push(block);
  const dominating = dominators(blocks, before);
  const loops = new Map();
  for (const [block, { next }] of blocks.entries()) {
    for (const head of next.filter((to) => (dominating[block] >> BigInt(to)) & 1n)) {
      const body = loops.get(head) ?? new Set([head]);
      const open = [block];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (body.has(at)) continue;
        body.add(at);
        open.push(...before[at]);
      }
      loops.set(head, body);
    }
  }
  return [...loops].map(([head, body]) => ({ head, body }));
}

/** The innermost loops that multiply and add: { address (where it begins), instructions }. */
export function multiplyAddLoops({ instructions }) {
  const blocks = blocksOf(instructions);
  const loops = naturalLoops(blocks)
    .map(({ head, body }) => ({
      address: instructions[blocks[head].begin].address,
      body,
      instructions: [...body]
        .sort((a, b) => a - b)
        .flatMap((block) => instructions.slice(blocks[block].begin, blocks[block].end)),
    }))
    .filter((loop) => loop.instructions.some(({ text }) => multiplyAdd.test(text)));
  const holds = (outer, inner) => outer !== inner && [...inner.body].every((block) => outer.body.has(block));
  return loops
    .filter((outer) => !loops.some((inner) => holds(outer, inner)))
    .map(({ address, instructions }) => ({ address, instructions }));
}

/** What is wrong with those loops: { address (of the loop), what, instructions (the offending ones) }. */
export function loopProblems(body) {
  const loops = multiplyAddLoops(body);
  const product = body.instructions.find(({ text }) => multiplyAdd.test(text));
  if (loops.length === 0 && product) {
    return [{ address: product.address, what: 'multiply-add outside any loop', instructions: [product] }];
  }
  // Without a frame rbp is a register like any other.
  const frame = body.instructions.some(({ text }) => framePointer.test(text));
  const kinds = [
    { what: 'stack access', pattern: frame ? /^(push|pop|call)|\(%r[sb]p\b/ : /^(push|pop|call)|\(%rsp\b/ },
    { what: 'register copy', pattern: registerCopy },
  ];
  return loops.flatMap((loop) =>
    kinds.flatMap(({ what, pattern }) => {
      const instructions = loop.instructions.filter(({ text }) => pattern.test(text));
      return instructions.length > 0 ? [{ address: loop.address, what, instructions }] : [];
    }),
  );
}
