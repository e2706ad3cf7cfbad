/** @file Public exports of the data: sources of prompts and token sequences. */

export { bucketByLength } from '../bucket.ts';
export { balanced } from './balance.ts';
export * from './benchmarks/index.ts';
export { exampleFiles, judgedFiles, promptFiles, textFiles } from './check.ts';
export { examplePrompts } from './examples.ts';
export {
  type BenchmarkConfig,
  benchmarkSchema,
  type FileConfig,
  fileSchema,
  type OpenOptions,
  readFileItems,
} from './file.ts';
export { ROW_FILES, readRows, streamRows } from './files/read-rows.ts';
export type { Item, Row } from './files/row.ts';
export { streamTexts } from './files/text.ts';
export {
  type GeneratedConfig,
  generatedHeldOut,
  generatedPrompt,
  generatedPrompts,
  generatedSchema,
} from './generated.ts';
export {
  JUDGED_SOURCES,
  type Judged,
  type JudgedConfig,
  type JudgedKind,
  judgedSchema,
  readJudged,
} from './judged.ts';
export { heldOutMixture, mixture, type Weighted } from './mixture.ts';
export { Packer, type PackingOptions } from './packing.ts';
export * from './prepare/index.ts';
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
  type SftFileConfig,
  sftFileSchema,
} from './sft-examples.ts';
export { measureExamples } from './sft-measure.ts';
export { epochs, type HeldOut, mapSource, type PromptSource, type Source, type Stream } from './source.ts';
export { type Split, splitOf } from './split.ts';
export {
  type OpenPromptsOptions,
  openHeldOut,
  openPrompts,
  promptsSchema,
  requirePromptFiles,
  scheduledPromptsSchema,
  TASK_NAMES,
  type TaskConfig,
  taskSchema,
} from './tasks.ts';
export { openTexts, type Texts, type TextsConfig, textsSchema } from './texts.ts';
