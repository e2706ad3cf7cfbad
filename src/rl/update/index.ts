/** @file The update: loss → new weights. */
export { AdamW, type AdamWOptions } from './adamw.ts';
export { type OptimizerConfig, optimizerSchema } from './config.ts';
export { FlatParameters } from './flat.ts';
export { Learner, type StepResult } from './learner.ts';
export { learningRate, type Schedule } from './schedule.ts';
export { KEPT_STATES, loadState, saveState } from './state.ts';
