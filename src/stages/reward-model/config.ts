/** @file The settings of the stage `reward-model`. */
import { z } from 'zod';
import { loraSchema } from '../../models/index.ts';
import {
  checkpointEverySchema,
  checkpointPrecisionSchema,
  checkpointSchema,
  packingSchema,
  precisionSchema,
  recomputeSchema,
  tokensPerMicroBatchSchema,
} from '../../rl/settings.ts';
import { optimizerSchema } from '../../rl/update/index.ts';
import { hasOneLength } from '../sft/sft-data.ts';
import { rewardModelDataSettings, sourceProblems } from './data.ts';

export const rewardModelSchema = z
  .strictObject({
    stage: z.literal('reward-model'),
    name: z.string(),
    model: checkpointSchema.describe('The language model to start from'),
    ...rewardModelDataSettings,
    epochs: z.number().positive().optional().describe('Passes over the data'),
    steps: z.number().int().positive().optional().describe('Optimiser steps, in place of epochs'),
    batchSize: z.number().int().positive().default(256).describe('Judgements in an optimiser step'),
    lora: loraSchema.optional().describe('Train a low-rank addition and the head in place of all weights'),
    optimizer: optimizerSchema,
    tokensPerMicroBatch: tokensPerMicroBatchSchema,
    packing: packingSchema,
    recompute: recomputeSchema,
    checkpointEvery: checkpointEverySchema.default(100),
    precision: precisionSchema,
    checkpointPrecision: checkpointPrecisionSchema,
  })
  .refine(hasOneLength, { message: 'give epochs or steps, one of the two', path: ['epochs'] })
  .superRefine((config, context) => {
    for (const problem of sourceProblems(config)) context.addIssue({ code: 'custom', ...problem });
    if (config.balanceLengths && config.kind === 'pointwise') {
      const message = 'single responses have no lengths to balance: leave it out';
      context.addIssue({ code: 'custom', path: ['balanceLengths'], message });
    }
  });

export type RewardModelConfig = z.output<typeof rewardModelSchema>;
