/**
 * @file The stage `rl`: reinforcement learning with rule-based rewards, R1-Zero's stage and the RL stages of R1.
 *
 * The loop is in rl/loop.ts, the algorithm in the settings: advantage, critic and loss (docs/algorithms.md). The artifact
 * is a checkpoint of the policy. With `lora` only the additions are trained; the artifact is the merged checkpoint, with
 * the adapter beside it in `adapter/` and a critic of its own in `critic/`.
 */
import { requirePromptFiles } from '../../data/index.ts';
import { rlSchema } from '../../rl/config.ts';
import { train } from '../../rl/loop.ts';
import { requireRewardFiles } from '../../rl/reward/index.ts';
import { closeRun, finishRun, openRun } from '../../rl/run.ts';
import type { StageDefinition } from '../../run/stage.ts';
import { reportChatFormat, requireChatFormat } from '../common/chat-format.ts';
import { requirePayableRewards } from '../common/payable-rewards.ts';
import { gradedPromptFiles } from '../common/prompt-files.ts';
import { estimateRl } from './estimate.ts';

export const rl: StageDefinition<typeof rlSchema> = {
  kind: 'rl',
  schema: rlSchema,
  // That servers sample matters, since importance correction is on then. Which ones and where they are does not.
  identity: ({ policy, ...config }) => (policy === undefined ? config : { ...config, policy: {} }),
  dataFiles: ({ prompts, rewards, validate, template }) =>
    gradedPromptFiles([...prompts, ...(validate?.prompts ?? [])], rewards, template),
  checkInputs: async (config, find) => {
    requireChatFormat(config, find);
    const { name: stage, prompts, rewards, template, thinking, model, validate } = config;
    const graded = { stage, setting: 'rewards', rewards, template, thinking, model } as const;
    await requirePayableRewards({ ...graded, prompts }, find);
    if (validate)
      await requirePayableRewards({ ...graded, prompts: validate.prompts, oneIsEnough: true }, find);
  },
  estimate: async (config, context) => {
    requirePromptFiles([...config.prompts, ...(config.validate?.prompts ?? [])], context.resolve);
    await requireRewardFiles(config.rewards, context.resolve);
    return estimateRl(config, context);
  },
  run: async (config, context) => {
    reportChatFormat(config, context.resolve(config.model), context.watcher);
    const run = await openRun(config, context);
    try {
      await train(run);
      await finishRun(run);
    } finally {
      closeRun(run);
    }
  },
};
