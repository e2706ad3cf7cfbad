/** @file A new recipe for one's own model and task. */
export { askAtTerminal } from './ask.ts';
export { type InitOptions, init } from './init.ts';
export { describeWritten } from './texts.ts';
