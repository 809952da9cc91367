import type { FunctionBody } from './hot-loops.mjs';

export function functionsOf(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<FunctionBody>;
export function disassemble(file: string): AsyncGenerator<FunctionBody>;
