/** @file Settings of prompts from a file of yours. */
import { z } from 'zod';
import { prepareShape } from './prepare/index.ts';

/** Knobs of prompts from a file. */
export const fileSchema = z.strictObject({
  path: z.string().min(1).describe('JSONL, CSV or Parquet file with a question in each row'),
  promptField: z
    .string()
    .min(1)
    .default('prompt')
    .describe('Field that holds the question: a text, or the messages of a conversation'),
  promptTemplate: z
    .string()
    .min(1)
    .optional()
    .describe('Question made of columns, in place of promptField: `Use {nums} to make {target}.`'),
  system: z.string().min(1).optional().describe('System prompt of rows whose messages have none'),
  answerField: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Field that holds the reference answer (`a.b`: b inside the object a); `answer`, else `reward_model.ground_truth`, unless given',
    ),
  languageField: z.string().min(1).default('language').describe('Field with the language of a row, if any'),
  language: z.string().min(2).optional().describe('Language (BCP 47) of rows that name none'),
  name: z.string().min(1).default('file').describe('Name of this task in metrics and rewards'),
  ...prepareShape,
});

export type FileConfig = z.output<typeof fileSchema>;
