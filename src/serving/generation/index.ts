/** @file Requests over the engine: prompts, replies as text, events. */
export { asGenerationError } from './failures.ts';
export { Generation } from './generation.ts';
export { Generations } from './generations.ts';
