/** @file The update: loss → new weights. */
export {
  AdamW,
  type AdamWOptions,
  FlatParameters,
  Learner,
  learningRate,
  type OptimizerConfig,
  optimizerSchema,
  type Schedule,
  type StepResult,
} from './learner.ts';
export { KEPT_STATES, loadState, saveState } from './state.ts';
