/** @file The engine of the server: continuous batching over a block cache, token in, token out. */
export { Engine, type EngineOptions, type EngineStats } from './engine.ts';
export { PagedCache } from './paged-cache.ts';
export type { Chosen, SamplingRow } from './sampling.ts';
export { type Continuation, Sequence, type TokenRule, type TokenSet } from './sequence.ts';
