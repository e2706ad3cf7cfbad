/** @file The update: loss → new weights. */
export { deadExperts } from './expert-watch.ts';
export { FlatParameters } from './flat-parameters.ts';
export {
  Learner,
  type OptimizerConfig,
  optimizerSchema,
  requireBalance,
  type StepResult,
} from './learner.ts';
export { loadState, saveState } from './state.ts';
