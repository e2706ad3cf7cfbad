/** @file The engine of the server: continuous batching over a block cache, token in, token out. */

export type { Chosen, SamplingRow, TokenRule, TokenSet } from './choice.ts';
export { Engine, type EngineOptions, type EngineStats } from './engine.ts';
export { type Continuation, Sequence } from './sequence.ts';
