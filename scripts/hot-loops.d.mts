export interface Instruction {
  address: number;
  text: string;
}
export interface FunctionBody {
  name: string;
  instructions: Instruction[];
}
export interface LoopProblem {
  address: number;
  what: string;
  instructions: Instruction[];
}
export interface Loop {
  address: number;
  instructions: Instruction[];
}
export function multiplyAddLoops(body: FunctionBody): Loop[];
export function loopProblems(body: FunctionBody): LoopProblem[];
