/** @file The settings of a judge. */
import { z } from 'zod';
import { endpointSchema } from '../../remote/index.ts';

/** Settings of a judge: a model behind an endpoint, and how it is asked. */
export const judgeSchema = z.strictObject({
  endpoint: endpointSchema.describe('The model that judges'),
  temperature: z.number().min(0).default(0).describe('0 is greedy'),
  maxTokens: z.number().int().positive().default(4096).describe('Longest verdict, thinking included'),
  attempts: z
    .number()
    .int()
    .positive()
    .default(3)
    .describe('Questions until a verdict can be read; then there is none'),
});

export type JudgeConfig = z.output<typeof judgeSchema>;
