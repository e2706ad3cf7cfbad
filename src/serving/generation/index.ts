/** @file Requests over the engine: prompts, the rules of replies, their tokens. */
export { asGenerationError } from './failures.ts';
export { Generation, type Listener, type PromptEvent } from './generation.ts';
export { Generations } from './generations.ts';
