/** Recording and running programs. */
export type { StepCost } from './cost.js';
export { type Fold, foldRepeats } from './fold.js';
export { Graph } from './graph.js';
export { limitOf, type MachinePeaks, measurePeaks } from './peaks.js';
export {
  type CompileOptions,
  type ProfileOptions,
  Program,
  type ProgramOutput,
  type ProgramPort,
  type ProgramProfile,
  type RunOptions,
  type StepProfile,
} from './program.js';
