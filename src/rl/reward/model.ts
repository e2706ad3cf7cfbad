/**
 * @file Rewards from reward models: `helpful` and `harmless`, for prompts that no rule can grade.
 *
 * DeepSeek-R1 has two (arXiv 2501.12948, supplement): helpfulness is scored on the final answer, harmlessness on the
 * whole response, and each general prompt belongs to one of the two sets. A model is right about what it was trained on
 * and unproven elsewhere: a policy trained on it for long finds what it takes for good (docs/reward-models.md).
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { loadValueModel, scoreSequences } from '../../models/index.ts';
import type { Completion, Prompt } from '../../records.ts';
import { PROMPT_TEMPLATES, questionOf, Tokenizer } from '../../text/index.ts';
import { explainOutOfMemory, itemSize } from '../../torch/index.ts';
import { defineReward, type PromptNeed } from './definition.ts';
import { READINGS, type Reading, readingOf, readsSchema } from './reading.ts';
import type { Reward, RewardContext } from './reward.ts';

/** What a stage `reward-model` leaves beside the checkpoint: how it was trained, and how good it is. */
export const MODEL_REPORT = 'report.json';

/** Score of a response without an answer, unless given: below all but the worst that a model learns to say. */
const MISSING = { sigmoid: 0, raw: -5 } as const;

/** Settings of the rewards `helpful` and `harmless`. */
const modelRewardSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .describe('Reward model: @name of a stage `reward-model`, or a folder of a classifier with one label'),
  scale: z.enum(['raw', 'sigmoid']).default('sigmoid').describe('The score as it is, or between 0 and 1'),
  tasks: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Tasks whose prompts are scored; unless given, prompts whose meta.preference names this reward',
    ),
  reads: readsSchema.optional().describe('Answer alone or whole response; as it was trained unless given'),
  template: z
    .enum(PROMPT_TEMPLATES)
    .optional()
    .describe('How the prompt is put to the reward model; as it was trained unless given'),
  missing: z
    .number()
    .optional()
    .describe('Score of a response that has no answer; 0 unless given, −5 with the scale "raw"'),
  tokensPerMicroBatch: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'Tokens in one pass, padding included; lower it to save memory (default 4,096 on a CPU, 65,536 on a GPU)',
    ),
});

type ModelRewardConfig = z.output<typeof modelRewardSchema>;

/** Whether the reward `name` scores responses to a prompt. */
function isScored({ task, meta }: Prompt, name: string, { tasks }: ModelRewardConfig): boolean {
  return tasks?.includes(task) ?? meta?.preference === name;
}

function needOf(name: string, settings: ModelRewardConfig): PromptNeed {
  const { tasks } = settings;
  return {
    what:
      tasks === undefined
        ? `meta.preference "${name}"`
        : `the task ${tasks.map((task) => `"${task}"`).join(' or ')}`,
    remedy: `Set rewards.${name}.tasks to the names of the tasks whose prompts are to be scored.`,
    has: (prompt) => isScored(prompt, name, settings),
  };
}

export const helpful = defineReward({
  name: 'helpful',
  about: 'What a reward model says of the answer to prompts with meta.preference "helpful"',
  says: 'preference',
  schema: modelRewardSchema,
  model: ({ model }) => model,
  needs: (settings) => needOf('helpful', settings),
  create: (options, context) => modelReward('helpful', 'answer', options, context),
});

export const harmless = defineReward({
  name: 'harmless',
  about: 'What a reward model says of the whole response to prompts with meta.preference "harmless"',
  says: 'preference',
  schema: modelRewardSchema,
  model: ({ model }) => model,
  needs: (settings) => needOf('harmless', settings),
  create: (options, context) => modelReward('harmless', 'response', options, context),
});

/**
 * Loads the model now; free it with `dispose`.
 * @param reads - where neither the recipe nor the model's report says
 * @throws UserError for a folder that holds no model with a scalar head
 */
function modelReward(
  name: string,
  reads: Reading,
  options: ModelRewardConfig,
  context: RewardContext,
): Reward {
  const { device = 'cpu', dtype = 'float32', resolve = (reference: string) => reference } = context;
  const { scale, missing = MISSING[scale] } = options;
  const dir = resolve(options.model);
  const trained = trainedOn(dir);
  const tokenizer = Tokenizer.load(dir);
  const model = loadValueModel(dir, { device, dtype });
  const reading = {
    reads: options.reads ?? trained.reads ?? reads,
    template: options.template ?? trained.template ?? 'chat',
    tokenizer,
  };
  const passes = {
    tokensPerMicroBatch: options.tokensPerMicroBatch ?? (device === 'cpu' ? 4096 : 65_536),
    padToken: tokenizer.padId ?? 0,
    packed: model.trunk.readsSegments,
  };
  const scored = (prompt: Prompt) => isScored(prompt, name, options);
  const squash = (score: number) => (scale === 'raw' ? score : 1 / (1 + Math.exp(-score)));
  const scoreBatch = (completions: readonly Completion[]): (number | null)[] => {
    const readings = completions.map(({ prompt, response }) =>
      scored(prompt) ? readingOf(questionOf(prompt), response, reading) : undefined,
    );
    // What reads the same scores the same to the last bit: else a group of equal responses would seem to differ.
    const distinct = new Map(
      readings.flatMap((tokens) => (tokens ? [[tokens.join(), tokens] as const] : [])),
    );
    const scores = explainOutOfMemory(`lower \`rewards.${name}.tokensPerMicroBatch\``, () =>
      scoreSequences(model, [...distinct.values()], passes),
    );
    const places = new Map([...distinct.keys()].map((key, i) => [key, i]));
    return readings.map((tokens) => {
      if (tokens === undefined) return null;
      return tokens === null ? missing : squash(scores[places.get(tokens.join())!]!);
    });
  };
  return {
    name,
    bytes: model.parameters().reduce((sum, one) => sum + one.numel * itemSize[one.dtype], 0),
    score: (completion) => scoreBatch([completion])[0]!,
    scoreBatch,
    dispose: () => model.dispose(),
  };
}

const reportSchema = z.object({
  reads: z.enum(READINGS).optional(),
  template: z.enum(PROMPT_TEMPLATES).optional(),
});

/** How a model was trained, where a report beside it says. */
function trainedOn(dir: string): z.output<typeof reportSchema> {
  const file = path.join(dir, MODEL_REPORT);
  if (!existsSync(file)) return {};
  try {
    return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new UserError(
      `${file} is damaged, or no report of a reward model`,
      'Restore it, or remove it and give `reads` and `template` of the reward.',
      { cause },
    );
  }
}
