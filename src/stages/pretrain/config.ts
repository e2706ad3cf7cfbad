/** @file The settings of the stage `pretrain`, and the texts and the tokenizer that follow from them. */
import { z } from 'zod';
import { type TextsConfig, textsSchema } from '../../data/index.ts';
import {
  checkpointEverySchema,
  checkpointPrecisionSchema,
  checkpointSchema,
  mtpSchema,
  precisionSchema,
  recomputeSchema,
  tokensPerMicroBatchSchema,
} from '../../rl/settings.ts';
import { optimizerSchema } from '../../rl/update/index.ts';
import { documentsSchema } from '../../world/index.ts';

/** The tokenizer of the small world, which is made and not read. */
export const WORLD = 'world';

const settings = z.strictObject({
  stage: z.literal('pretrain'),
  name: z.string(),
  model: z
    .union([checkpointSchema, z.record(z.string(), z.json())])
    .describe(
      'The architecture, as the keys of a Hugging Face config.json (model_type, hidden_size …), to start from random weights; or a checkpoint to go on from',
    ),
  tokenizer: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with a tokenizer.json, or `world` for the small world’s; unless given that of the checkpoint, else `world`',
    ),
  data: z
    .array(textsSchema)
    .min(1)
    .optional()
    .describe('Texts to learn: files of yours and the small world; the small world unless given'),
  documents: documentsSchema
    .optional()
    .describe(
      'The small world’s documents where `data` is not given; with it, settings of its entry `world`',
    ),
  steps: z.number().int().positive().describe('Optimiser steps'),
  rowLength: z.number().int().min(2).default(192).describe('Tokens in a packed row'),
  rowsPerStep: z.number().int().positive().default(64).describe('Rows in an optimiser step'),
  optimizer: optimizerSchema,
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
  recompute: recomputeSchema,
  mtp: mtpSchema,
  checkpointEvery: checkpointEverySchema.default(200),
  precision: precisionSchema,
  checkpointPrecision: checkpointPrecisionSchema,
});

type Settings = z.output<typeof settings>;

/** What is wrong with settings that do not go together, each with its path. */
function conflicts({ model, tokenizer, data, documents }: Settings): { path: string[]; message: string }[] {
  const ownText = data?.some(({ source }) => source === 'file') ?? false;
  const own = 'a folder with a tokenizer.json, such as `aha tokenizer train` makes of the text';
  return [
    {
      when: data !== undefined && documents !== undefined,
      path: ['documents'],
      message: 'with `data`, write these settings into its entry { source: "world" }',
    },
    {
      when: ownText && tokenizer === undefined && typeof model !== 'string',
      path: ['tokenizer'],
      message: `text of a file needs ${own}`,
    },
    {
      when: ownText && tokenizer === WORLD,
      path: ['tokenizer'],
      message: `it knows the words of the small world alone; give ${own}`,
    },
  ].flatMap(({ when, ...conflict }) => (when ? conflict : []));
}

/** The defaults of `tokenizer` and `documents` depend on the other settings. */
export const pretrainSchema = settings
  .superRefine((config, context) => {
    for (const conflict of conflicts(config)) context.addIssue({ code: 'custom', ...conflict });
  })
  .transform(
    (config): Settings => ({
      ...config,
      ...(config.tokenizer === undefined && typeof config.model !== 'string' && { tokenizer: WORLD }),
      ...(config.data === undefined && { documents: config.documents ?? documentsSchema.parse({}) }),
    }),
  );

export type PretrainConfig = z.output<typeof pretrainSchema>;

/** The texts that are learnt. */
export function textsOf({ data, documents }: PretrainConfig): readonly TextsConfig[] {
  return data ?? [{ source: 'world', ...(documents ?? documentsSchema.parse({})) }];
}
