/** @file Public exports of the data: sources of prompts and token sequences. */
export { bucketByLength } from './bucket.ts';
export * from './chain/index.ts';
export { type JsonlConfig, jsonlHeldOut, jsonlPrompts, jsonlSchema, readPrompts } from './jsonl.ts';
export { heldOutMixture, mixture, type Weighted } from './mixture.ts';
export { Packer, type PackingOptions } from './packing.ts';
export {
  countTargets,
  countTokens,
  layRows,
  padRows,
  type Rows,
  splitRows,
  utilisation,
} from './rows.ts';
export {
  type ExamplesConfig,
  examplesSchema,
  openSequences,
  type SftDataOptions,
  sftDataSchema,
} from './sft.ts';
export { type Batches, type MicroBatchOptions, packedBatches, paddedBatches } from './sft-batches.ts';
export { ExampleEncoder, type SequenceOptions } from './sft-encode.ts';
export {
  type ConversationExample,
  type Example,
  type ReplyExample,
  readExamples,
  type SftJsonlConfig,
  sftJsonlSchema,
} from './sft-jsonl.ts';
export { type HeldOut, mapSource, type PromptSource, type Source, type Stream } from './source.ts';
export { type Split, splitOf } from './split.ts';
export {
  openHeldOut,
  openPrompts,
  promptsSchema,
  requirePromptFiles,
  TASK_NAMES,
  type TaskConfig,
  taskSchema,
} from './tasks.ts';
