/** @file Inference: one engine for sampling, rollouts, evaluation and serving. */

export { Engine, type EngineOptions, type EngineStats } from './engine.ts';
export { type Response, type SampleOptions, sample, sampleByGroup } from './sample.ts';
export {
  type Chosen,
  type Continuation,
  FREE,
  PLAIN,
  Prompt,
  type PromptScoring,
  type SamplingRow,
  Sequence,
  type TokenRule,
  type TokenSet,
} from './sequence.ts';
