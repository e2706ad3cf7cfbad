/**
 * @file Planning assumptions: sizes of models and data that are not at hand, for the costs that `--dry-run` shows.
 *
 * A run ignores them: it works with the sizes it finds.
 */
import { z } from 'zod';
import { suggestion } from '../../did-you-mean.ts';
import type { Problem } from './problems.ts';

const positive = z.number().positive();

const modelSchema = z.strictObject({
  parameters: positive,
  active: positive.optional().describe('Parameters a token passes through; all unless given'),
  layers: positive.default(1).describe('Used for the time on one device only'),
  config: z
    .string()
    .optional()
    .describe('Folder of its config.json, for a plan on many GPUs (--nodes); no weights need be there'),
});

const clusterSchema = z.strictObject({
  gpu: z.string().describe('Its name'),
  count: z.int().positive().describe('GPUs that work together'),
  trainingFlops: positive.describe('Operations a second of one GPU in training, as sustained'),
  samplingFlops: positive.describe('The same in sampling many responses side by side'),
  tokensPerSecond: positive.describe(
    'Tokens a second of one response: a rollout lasts as long as its longest',
  ),
  dollarsPerHour: positive.optional().describe('Of one GPU'),
  basis: z.string().optional().describe('Where the rates come from'),
});

const publishedSchema = z.strictObject({
  what: z.string(),
  stages: z.array(z.string()).min(1).describe('Names of the stages it is the cost of'),
  gpuHours: positive,
});

/** A recipe's `assume`. */
export const assumptionsSchema = z.strictObject({
  models: z.record(z.string(), modelSchema).default({}).describe('Size of a checkpoint, by its path'),
  data: z
    .record(z.string(), z.strictObject({ examples: z.int().positive(), tokens: positive }))
    .default({})
    .describe('Examples of a file and mean tokens of one, by its path'),
  responseTokens: z
    .record(z.string(), positive)
    .default({})
    .describe('Mean length of the responses a stage samples, by its name'),
  cluster: clusterSchema.optional().describe('What it would run on; the estimate is in GPU-hours then'),
  published: z.array(publishedSchema).default([]).describe('What others say it took them'),
});

export type Assumptions = z.output<typeof assumptionsSchema>;
export type WrittenAssumptions = z.input<typeof assumptionsSchema>;
export type Cluster = NonNullable<Assumptions['cluster']>;

/** Reports names in `assume` that no stage has. */
export function checkAssumptions(
  assume: Assumptions | undefined,
  stages: readonly { readonly name: string }[],
  problems: Problem[],
): void {
  if (assume === undefined) return;
  const names = stages.map(({ name }) => name);
  const named = [
    ...Object.keys(assume.responseTokens).map((name) => ({ name, path: ['assume', 'responseTokens', name] })),
    ...assume.published.flatMap((one, i) =>
      one.stages.map((name, j) => ({ name, path: ['assume', 'published', i, 'stages', j] })),
    ),
  ];
  for (const { name, path } of named) {
    if (names.includes(name)) continue;
    problems.push({ path, text: `no stage is called "${name}"; ${suggestion(name, names)}` });
  }
}
