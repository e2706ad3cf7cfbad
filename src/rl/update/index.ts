/** @file The update: loss → new weights. */
export { FlatParameters, Learner, type StepResult } from './learner.ts';
export {
  AdamW,
  type AdamWOptions,
  learningRate,
  type OptimizerConfig,
  optimizerSchema,
  type Schedule,
} from './optimizer.ts';
export { KEPT_STATES, loadState, saveState } from './state.ts';
