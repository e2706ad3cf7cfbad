/** @file Settings that several stages share, declared once. */
import { z } from 'zod';
import type { LanguageModel } from '../models/index.ts';
import { PRECISION_HELP, PRECISIONS, STORED_PRECISIONS } from '../precision.ts';
import { PROMPT_TEMPLATES } from '../text/index.ts';

export const checkpointSchema = z.string().min(1).describe('Checkpoint folder, or @name of an earlier stage');

export const templateSchema = z.enum(PROMPT_TEMPLATES).describe('How a question is put to the model');

/** Of every stage that loads a model. */
export const precisionSchema = z.enum(PRECISIONS).default('auto').describe(PRECISION_HELP);

/** Of every stage that writes a model. */
export const checkpointPrecisionSchema = z
  .enum(STORED_PRECISIONS)
  .optional()
  .describe(
    'Precision of the weights in the checkpoint; unless given bf16 where training computes in it, else fp32',
  );

/** Of every stage that asks or trains by a chat template. */
export const thinkingSchema = z
  .boolean()
  .optional()
  .describe('What the chat template is told of thinking (`enable_thinking`); nothing unless given');

/** How responses are sampled. */
export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).default(1).describe('0 is greedy'),
  topP: z.number().gt(0).max(1).default(1).describe('Smallest set of tokens whose probability reaches this'),
  topK: z.number().int().min(0).default(0).describe('The k most probable tokens; 0 keeps all'),
  maxTokens: z.number().int().positive().default(1024).describe('Longest response in tokens'),
  maxRows: z
    .number()
    .int()
    .positive()
    .default(512)
    .describe('Responses decoded together; lower it to save memory'),
});

export const checkpointEverySchema = z
  .number()
  .int()
  .positive()
  .default(20)
  .describe('Steps between saved states');

export const tokensPerMicroBatchSchema = z
  .number()
  .int()
  .positive()
  .optional()
  .describe(
    'Tokens in one forward and backward pass, padding included; lower it to save memory (default 1,024 on a CPU, 16,384 on a GPU)',
  );

export const packingSchema = z
  .union([z.literal('auto'), z.boolean()])
  .default('auto')
  .describe(
    'Lay sequences of any lengths end to end in one row in place of padding them to the longest; auto does where the model reads that without a mask (on a GPU). The gradient is the same',
  );

/** Whether a model's sequences lie end to end. */
export function isPacked(
  setting: z.output<typeof packingSchema>,
  { readsSegments }: Pick<LanguageModel, 'readsSegments'>,
): boolean {
  return setting === 'auto' ? readsSegments : setting;
}

/** Of stages that train to predict the next token. */
export const mtpSchema = z
  .strictObject({
    weight: z.number().positive().default(0.3).describe('λ: weight of the loss of the tokens after the next'),
  })
  .optional()
  .describe(
    'Multi-token prediction: trains the layers that predict tokens after the next (`num_nextn_predict_layers`) too; they are left out unless given',
  );

/** What to do when a training step runs out of memory. */
export const LESS_MEMORY = 'lower `tokensPerMicroBatch`, or set `recompute` to true';

export const recomputeSchema = z
  .boolean()
  .default(false)
  .describe(
    'Keep the input of each layer alone and compute the layer again in the backward pass: much less memory, one forward pass more',
  );

/** Small passes stay in a CPU's cache and pad little; a GPU wants them large. The result is the same. */
export function microBatchTokens(setting: number | undefined, device: string): number {
  return setting ?? (device === 'cpu' ? 1024 : 16_384);
}
