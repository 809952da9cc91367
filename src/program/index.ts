/** Recording and running programs. */
export { Graph } from './graph.js';
export {
  type CompileOptions,
  Program,
  type ProgramOutput,
  type ProgramPort,
  type RunOptions,
} from './program.js';
