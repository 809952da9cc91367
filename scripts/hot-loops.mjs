// The innermost loops of a function that multiply and add, and what does not belong into them.

const multiplyAdd = /^(vfn?m(add|sub)|vpdpbusd|vdpbf16ps|vpmaddwd|tdp)/;
const registerCopy = /^vmov\w+\s+%[xyz]mm\d+,%[xyz]mm\d+$/;
const jump = /^j\w+\s+([0-9a-f]+)\b/;
const framePointer = /^(mov|lea)\w*\s+.*%rsp\b.*,%rbp$/;

/** The k-loops of a function (see disassembly.mjs): lists of instructions, each from the loop's head to its jump back. */
export function multiplyAddLoops({ instructions }) {
  const places = new Map(instructions.map(({ address }, place) => [address, place]));
  const loops = [];
  instructions.forEach(({ text }, end) => {
    const begin = places.get(Number.parseInt(jump.exec(text)?.[1], 16));
    if (begin === undefined || begin > end) return;
    if (instructions.slice(begin, end + 1).some((i) => multiplyAdd.test(i.text))) loops.push({ begin, end });
  });
  const holds = (outer, inner) => outer !== inner && outer.begin <= inner.begin && inner.end <= outer.end;
  return loops
    .filter((outer) => !loops.some((inner) => holds(outer, inner)))
    .map(({ begin, end }) => instructions.slice(begin, end + 1));
}

/** What is wrong with the k-loops of a function: { address (of the loop), what, instructions (the offending ones) }. */
export function loopProblems(body) {
  const loops = multiplyAddLoops(body);
  const products = body.instructions.filter(({ text }) => multiplyAdd.test(text));
  if (loops.length === 0 && products.length > 0) {
    return [
      { address: products[0].address, what: 'multiply-adds outside any loop', instructions: products.slice(0, 1) },
    ];
  }
  // Without a frame rbp is a register like any other.
  const frame = body.instructions.some(({ text }) => framePointer.test(text));
  const stack = new RegExp(`^(push|pop|call)|\\(%r${frame ? '(sp|bp)' : 'sp'}\\b`);
  const kinds = [
    { what: 'stack access', pattern: stack },
    { what: 'register copy', pattern: registerCopy },
  ];
  return loops.flatMap((loop) =>
    kinds.flatMap(({ what, pattern }) => {
      const instructions = loop.filter(({ text }) => pattern.test(text));
      return instructions.length > 0 ? [{ address: loop[0].address, what, instructions }] : [];
    }),
  );
}
