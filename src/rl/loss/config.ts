/** @file A recipe's `loss`: every setting of what is minimised. Each part is declared beside the code that reads it. */
import { z } from 'zod';
import { entropySchema } from './entropy.ts';
import { importanceSchema } from './importance.ts';
import { policySchema } from './registry.ts';
import { klSchema } from './terms.ts';

/**
 * - `token-mean`: every token of the step counts the same (DAPO, 2503.14476, eq. 8)
 * - `seq-mean-token-mean`: mean over sequences of their token mean; 1/|o| (GRPO as printed, 2402.03300, eq. 3)
 * - `seq-mean-token-sum`: mean over sequences of their token sum
 * - `constant`: mean over sequences of their token sum over a fixed length, L_max (Dr. GRPO, 2503.20783)
 */
export const AGGREGATIONS = ['token-mean', 'seq-mean-token-mean', 'seq-mean-token-sum', 'constant'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export const lossSchema = z.strictObject({
  policy: policySchema.prefault({ kind: 'surrogate' }).describe('What is made of ratio and advantage'),
  aggregation: z.enum(AGGREGATIONS).default('token-mean').describe('How token losses become one number'),
  divisor: z
    .number()
    .positive()
    .optional()
    .describe(
      'Tokens every response counts as under the aggregation `constant`; `sampling.maxTokens` unless given',
    ),
  kl: klSchema.prefault({}),
  entropy: entropySchema.prefault({}),
  samplerCorrection: importanceSchema
    .optional()
    .describe('Importance weights for the distance between sampler and trainer'),
  staleNegatives: z
    .number()
    .positive()
    .optional()
    .describe('δ: leaves out bad responses whose tokens lost more than this log-probability on average'),
  maskTruncated: z
    .boolean()
    .default(false)
    .describe('Leave responses that were cut at the limit out of the loss; they stay in the baseline'),
});

export type LossConfig = z.output<typeof lossSchema>;
