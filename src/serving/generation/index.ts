/** @file Requests over the engine: prompts, replies as text, events. */
export { asGenerationError } from './failures.ts';
export { Generation, type Listener, WINDOW } from './generation.ts';
export { Generations, type GenerationsOptions } from './generations.ts';
export type { Prompting } from './prompt.ts';
