/** @file Public exports of the data: sources of prompts and token sequences. */

export { balanced } from './balance.ts';
export * from './benchmarks/index.ts';
export { exampleFiles, judgedFiles, promptFiles, textFiles } from './check.ts';
export { examplePrompts } from './examples.ts';
export { fileSchema, readFileItems } from './file.ts';
export { readRows } from './files/read-rows.ts';
export { type Item, MissingField, type Row } from './files/row.ts';
export { streamTexts } from './files/text.ts';
export { generatedHeldOut, generatedSchema } from './generated.ts';
export { JUDGED_SOURCES, type Judged, judgedSchema, readJudged } from './judged.ts';
export { Packer } from './packing.ts';
export * from './prepare/index.ts';
export {
  countTargets,
  countTokens,
  layRows,
  padRows,
  type Rows,
  shareOfRows,
  splitRows,
  utilisation,
} from './rows.ts';
export { openSequences, sftDataSchema } from './sft.ts';
export { type Batches, packedBatches, paddedBatches } from './sft-batches.ts';
export { ExampleEncoder } from './sft-encode.ts';
export { measureExamples } from './sft-measure.ts';
export { epochs, type PromptSource, type Stream } from './source.ts';
export {
  openHeldOut,
  openPrompts,
  promptsSchema,
  requirePromptFiles,
  scheduledPromptsSchema,
  type TaskConfig,
} from './tasks.ts';
export { openTexts, type Texts, type TextsConfig, textsSchema } from './texts.ts';
