/** @file Public exports of the data: sources of prompts and token sequences. */
export { bucketByLength } from './bucket.ts';
export * from './chain/index.ts';
export { type JsonlConfig, jsonlHeldOut, jsonlPrompts, jsonlSchema, readPrompts } from './jsonl.ts';
export { heldOutMixture, mixture, type Weighted } from './mixture.ts';
export { type Packed, Packer, type PackingOptions } from './packing.ts';
export { type HeldOut, mapSource, type PromptSource, type Source } from './source.ts';
export { type Split, splitOf } from './split.ts';
export { openHeldOut, openPrompts, promptsSchema, TASK_NAMES, type TaskConfig, taskSchema } from './tasks.ts';
