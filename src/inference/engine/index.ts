/** @file Inference: one engine for sampling, rollouts, evaluation and serving. */
export { type Chosen, FREE, PLAIN, type SamplingRow, type TokenRule, type TokenSet } from './choice.ts';
export { Engine, type EngineOptions, type EngineStats, NotFinite } from './engine.ts';
export { type Response, type SampleOptions, sample } from './sample.ts';
export { type Continuation, Prompt, Sequence } from './sequence.ts';
