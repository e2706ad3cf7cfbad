/**
 * @file Stage `evaluate`: the evaluation of src/evaluation on held-out prompts of a recipe.
 *
 * As the paper measures: greedy accuracy, and pass@1 as the mean over k samples at T 0.6, top-p 0.95. General prompts are
 * a second set with figures of their own.
 */
import path from 'node:path';
import { z } from 'zod';
import { promptsSchema, requirePromptFiles } from '../../data/index.ts';
import { checkpointTarget } from '../../evaluation/checkpoint-target.ts';
import {
  type Draw,
  evaluateInto,
  heldOutDraws,
  openGrader,
  sampleAlong,
  stageSamples,
  type Target,
  wordLimitSchema,
} from '../../evaluation/index.ts';
import { summarise } from '../../evaluation/statistics/index.ts';
import { type Numerics, numericsOf, parameterBytes, useNumerics } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { requireRewardFiles, rewardsSchema } from '../../rl/reward/index.ts';
import {
  checkpointSchema,
  precisionSchema,
  samplingSchema,
  templateSchema,
  thinkingSchema,
} from '../../rl/settings.ts';
import { writeJsonAtomic } from '../../run/atomic.ts';
import { modelFingerprint } from '../../run/fingerprint.ts';
import type { StageContext, StageDefinition } from '../../run/stage.ts';
import { requireThinkingSwitch } from '../common/chat-format.ts';
import { estimateSeconds } from '../common/cost.ts';
import { meanResponse, modelSize } from '../common/model-size.ts';
import { requirePayableRewards } from '../common/payable-rewards.ts';
import { gradedPromptFiles } from '../common/prompt-files.ts';

const generalSchema = z.strictObject({
  prompts: promptsSchema.prefault([{ task: 'general' }]).describe('Tasks whose held-out prompts are asked'),
  problems: z.number().int().positive().default(64).describe('Prompts answered `samples` times'),
  samples: z.number().int().positive().default(4).describe('Samples of each prompt'),
  rewards: rewardsSchema
    .prefault({ accuracy: {}, wanted: {} })
    .describe('The first that says right or wrong and can score a response decides: right is 1'),
});

const schema = z.strictObject({
  stage: z.literal('evaluate'),
  name: z.string(),
  checkpoint: checkpointSchema,
  label: z.string().optional().describe('Name in report and table; the stage name unless given'),
  prompts: promptsSchema.describe('Tasks whose held-out problems are asked'),
  problemSeed: z
    .number()
    .int()
    .default(0)
    .describe('Which held-out problems; the same in stages to be compared'),
  template: templateSchema.default('r1-zero'),
  thinking: thinkingSchema,
  rewards: rewardsSchema
    .prefault({ accuracy: {}, format: {} })
    .describe(
      'The first that says right or wrong and can score a response decides; `format`: the format rate, else that of the template; `language`: the languages of thoughts are measured',
    ),
  greedyProblems: z.number().int().min(0).default(256).describe('Problems answered once, greedily'),
  problems: z.number().int().min(0).default(64).describe('Problems answered `samples` times'),
  samples: z.number().int().positive().default(16).describe('k: samples of each problem'),
  general: generalSchema
    .optional()
    .describe(
      'General prompts to measure too, sampled alike, and the languages of thoughts; off unless given',
    ),
  sampling: samplingSchema
    .safeExtend({
      limit: wordLimitSchema
        .optional()
        .describe('Words that a response may hold at most so many times, to see what they are worth'),
    })
    .prefault({ temperature: 0.6, topP: 0.95 }),
  precision: precisionSchema,
});

type EvaluateConfig = z.output<typeof schema>;

/** The figures, in the artifact beside `samples.jsonl` and `settings.json`. */
export const REPORT = 'report.json';

export const evaluate: StageDefinition<typeof schema> = {
  kind: 'evaluate',
  schema,
  dataFiles: ({ prompts, rewards, general, template }) => [
    ...gradedPromptFiles(prompts, rewards, template),
    ...(general === undefined ? [] : gradedPromptFiles(general.prompts, general.rewards, template)),
  ],
  checkInputs: async (config, find) => {
    const { name: stage, prompts, rewards, general, template, thinking, checkpoint: model } = config;
    requireThinkingSwitch({ name: stage, model, template, thinking }, find);
    const graded = { stage, template, thinking, model };
    await requirePayableRewards({ ...graded, setting: 'rewards', prompts, rewards }, find);
    if (general === undefined) return;
    await requirePayableRewards(
      { ...graded, ...general, setting: 'general.rewards', oneIsEnough: true },
      find,
    );
  },
  estimate: async (config, context) => {
    const { general } = config;
    requirePromptFiles([...config.prompts, ...(general?.prompts ?? [])], context.resolve);
    await requireRewardFiles(config.rewards, context.resolve);
    if (general) await requireRewardFiles(general.rewards, context.resolve);
    const { parameters, active, layers } = modelSize(config.checkpoint, context);
    const response = meanResponse(config.sampling.maxTokens, context);
    const sampled = config.problems * config.samples + (general ? general.problems * general.samples : 0);
    const rows = config.greedyProblems + sampled;
    const tokens = rows * response.tokens;
    const seconds = estimateSeconds(
      { parameters: active, layers, sampled: tokens, rows: config.sampling.maxRows },
      context.device,
    );
    const work = { active, sampled: tokens };
    const bytes = parameters * parameterBytes(numericsOf(config.precision, context.device).dtype).frozen;
    const drawn = { rollouts: 1, rows, mean: response.tokens, longest: config.sampling.maxTokens };
    const load = { model: config.checkpoint, precision: config.precision, sampling: drawn };
    return { parameters, tokens, bytes, seconds, work, load, basis: response.basis };
  },
  run: async (config, context) => {
    const { rewards, general, sampling, problemSeed } = config;
    const { resolve, device, dir, seed, signal, ranks, watcher } = context;
    const warn = (id: string, text: string) => watcher.warn(id, text);
    const numerics = useNumerics(config.precision, device);
    const facts = { maxTokens: sampling.maxTokens, resolve, device, dtype: numerics.dtype, warn };
    const grader = openGrader(rewards, facts);
    const generalGrader = openGrader(general?.rewards ?? rewards, facts);
    const draws = (await heldOutDraws(config, context)).map((draw) => ({
      ...draw,
      grader: draw.kind === 'general' ? generalGrader : grader,
    }));
    const target = openCheckpoint(config, numerics, draws, context);
    try {
      if (ranks.rank > 0) return await sampleAlong({ draws, target, seed, signal, ranks });
      const evaluated = await evaluateInto({
        dir,
        name: config.name,
        title: target.name,
        verifier: 'rewards',
        draws,
        target,
        seed,
        grading: { rewards, ...(general && { general: general.rewards }) },
        languages: rewards.language !== undefined || general !== undefined,
        signal,
        ranks,
        warn,
        onResume: (found, total) => watcher.note(`resuming: ${found} of ${total} responses are there`),
        onProgress: (report, total) => watcher.step(report, total),
      });
      const bootstrap = Random.derive(problemSeed, 'bootstrap');
      const report = summarise(stageSamples(evaluated), bootstrap, { votes: grader.votes });
      await writeJsonAtomic(path.join(dir, REPORT), report);
    } finally {
      target.close();
      grader.close();
      generalGrader.close();
    }
  },
};

function openCheckpoint(
  config: EvaluateConfig,
  numerics: Numerics,
  draws: readonly Draw[],
  { resolve, device, ranks }: StageContext,
): Target {
  const { template, sampling, label, name } = config;
  const checkpoint = resolve(config.checkpoint);
  const { maxRows: rows, ...decoding } = sampling;
  const called = { maxTokens: 'sampling.maxTokens', rows: 'sampling.maxRows' };
  const fingerprint = modelFingerprint(checkpoint);
  return checkpointTarget(
    {
      checkpoint,
      fingerprint,
      name: label ?? name,
      device,
      numerics,
      template,
      thinking: config.thinking,
      rows,
      ...decoding,
      called,
      ranks,
    },
    draws,
  );
}
