/**
 * @file Reinforcement learning with rule-based rewards: R1-Zero's stage, and the RL stages of R1.
 *
 *   data → rollout → reward → advantage → loss → update
 *
 * This is the only RL loop. The algorithm is in the settings: advantage and loss (docs/algorithms.md). With `lora` only
 * the additions are trained; the artifact is the merged checkpoint, with the adapter beside it in `adapter/`.
 */
import path from 'node:path';
import { z } from 'zod';
import { advantageSchema } from '../advantage/index.ts';
import { openPrompts, type PromptSource, promptsSchema, requirePromptFiles } from '../data/index.ts';
import { lossSchema } from '../loss/index.ts';
import { type CausalLM, loadModel, loraSchema, modelSizes, readConfig, withLora } from '../models/index.ts';
import { Random } from '../random.ts';
import type { Batch, Completion, Json, Sample, Scored } from '../records.ts';
import { createRewards, rewardsSchema, scoreAll, type WeightedReward } from '../reward/index.ts';
import { rollout } from '../rollout/index.ts';
import { STATE } from '../run/artifact.ts';
import { explainOutOfMemory, Generator, type Tensor } from '../tensor/index.ts';
import { Tokenizer } from '../text/index.ts';
import { Learner, loadState, optimizerSchema, saveState } from '../update/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { creditRollout } from './credit.ts';
import { collectGroups, dynamicSamplingSchema } from './dynamic-sampling.ts';
import {
  checkpointEverySchema,
  checkpointSchema,
  microBatchTokens,
  samplingSchema,
  templateSchema,
  tokensPerMicroBatchSchema,
} from './knobs.ts';
import type { PassOptions } from './logprobs.ts';
import { counts, type PolicyUpdateResult, updatePolicy } from './policy-update.ts';
import { stepReport } from './rl-report.ts';
import { warnOfSettings, warnOfTraps } from './rl-traps.ts';
import { loadAhead, meanStaleness, RolloutQueue, removeAhead, saveAhead } from './rollout-queue.ts';
import { writeSamples } from './samples.ts';
import { saveTrained } from './save-trained.ts';
import type { Estimate, StageContext, StageDefinition } from './stage.ts';

const schema = z.strictObject({
  stage: z.literal('rl'),
  name: z.string(),
  model: checkpointSchema.describe('The policy to start from'),
  prompts: promptsSchema,
  template: templateSchema.default('r1-zero'),
  rewards: rewardsSchema,
  steps: z.number().int().positive().describe('Rollouts; each is followed by `minibatches` optimiser steps'),
  promptsPerStep: z.number().int().positive().default(32).describe('Prompts in a rollout'),
  groupSize: z.number().int().positive().default(16).describe('Completions of each prompt (G)'),
  minibatches: z.number().int().positive().default(1).describe('Optimiser steps on each rollout'),
  staleness: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Steps that the policy which sampled may be older than the one that is trained'),
  sampling: samplingSchema.prefault({}),
  dynamicSampling: dynamicSamplingSchema
    .optional()
    .describe('Draw further prompts in place of groups whose rewards are all equal'),
  advantage: advantageSchema.default('grpo'),
  loss: lossSchema.prefault({}),
  lora: loraSchema.optional().describe('Train a low-rank addition in place of all weights'),
  optimizer: optimizerSchema,
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
  checkpointEvery: checkpointEverySchema,
});

type RlConfig = z.output<typeof schema>;

export const rl: StageDefinition<typeof schema> = {
  kind: 'rl',
  schema,
  estimate: async (config, context) => {
    requirePromptFiles(config.prompts, context.resolve);
    return estimate(config, context.resolve(config.model), context.device);
  },
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    const run = open(config, checkpoint, context);
    try {
      await train(run, config, context);
      await saveTrained(run.learner.model, context.dir, checkpoint, config.lora !== undefined);
    } finally {
      run.learner.dispose();
    }
  },
};

/** What the loop works with. */
interface Run {
  readonly learner: Learner;
  readonly reference: CausalLM | undefined;
  readonly tokenizer: Tokenizer;
  readonly prompts: PromptSource;
  readonly rewards: readonly WeightedReward[];
  readonly queue: RolloutQueue;
  /** First step not yet taken. */
  readonly start: number;
}

async function train(run: Run, config: RlConfig, context: StageContext): Promise<void> {
  warnOfSettings(config, context.watcher);
  for (let step = run.start; step < config.steps; step++) {
    const clock = performance.now();
    let sampling = 0;
    const drawn = await run.queue.take(step, config.steps, (of) =>
      collectGroups(config, async (prompts, attempt) => {
        const start = performance.now();
        const completions = sampleCompletions(run, prompts, [of, attempt], config, context);
        sampling += performance.now() - start;
        return scoreAll(run.rewards, completions);
      }),
    );
    const staleness = meanStaleness(drawn, run.learner.steps);
    const { samples, kl } = credit(run, drawn.kept, config);
    const updates = minibatches(samples, step, config, context.seed).map((batch) =>
      update(run, batch, config),
    );

    const seconds = { rollout: sampling / 1000, total: (performance.now() - clock) / 1000 };
    const facts = { step: step + 1, rollout: drawn, config, updates, seconds, rewardKl: kl };
    const report = { ...stepReport(facts), 'staleness/mean': staleness };
    context.record(report);
    context.watcher.step(report, config.steps);
    warnOfTraps(report, config, context.watcher);
    await breathe();
    const due = (step + 1) % config.checkpointEvery === 0;
    if (due) await writeSamples(context.dir, step + 1, drawn.kept, config.groupSize);
    if (due || context.signal.aborted) await save(run, step + 1, context);
    context.signal.throwIfAborted();
  }
}

/** `groupSize` completions of each of the next `count` prompts. */
function sampleCompletions(
  { learner, tokenizer, prompts }: Run,
  count: number,
  [step, attempt]: readonly [step: number, attempt: number],
  config: RlConfig,
  context: StageContext,
): Completion[] {
  const policy = { model: learner.model, tokenizer, template: config.template, version: learner.steps };
  const purpose = attempt === 0 ? [step] : [step, attempt];
  const seed = Random.derive(context.seed, 'sampling', ...purpose).int(0, 2 ** 32 - 1);
  const generator = new Generator(seed, context.device);
  return explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
    rollout(policy, prompts.next(count), { ...config.sampling, groupSize: config.groupSize, generator }),
  );
}

function credit(run: Run, scored: readonly Scored[], config: RlConfig) {
  const { advantage, loss } = config;
  // Completions of one prompt lie next to one another: group g is the g-th run of `groupSize`.
  const groups = scored.map((_, i) => Math.floor(i / config.groupSize));
  return explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
    creditRollout(scored, groups, {
      ...passOptions(run, config),
      advantage,
      loss,
      policy: run.learner.model,
      reference: run.reference,
    }),
  );
}

/**
 * The rollout in `minibatches` parts of nearly equal size, each a random draw from all groups. A part in which nothing
 * counts is left out: an optimiser step without a gradient would still move the weights, by its momentum.
 */
function minibatches(samples: readonly Sample[], step: number, config: RlConfig, seed: number): Batch[] {
  const parts = config.minibatches;
  const shuffled = parts === 1 ? samples : Random.derive(seed, 'minibatches', step).shuffle(samples);
  return Array.from({ length: parts }, (_, part) => ({
    samples: shuffled.filter((_, i) => i % parts === part),
  })).filter((batch) => batch.samples.some((sample) => counts(sample, config.loss)));
}

function update(run: Run, batch: Batch, config: RlConfig): PolicyUpdateResult {
  const { loss, sampling } = config;
  const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
    updatePolicy(run.learner, batch, {
      ...passOptions(run, config),
      loss,
      maxTokens: sampling.maxTokens,
      reference: loss.kl.in === 'loss' ? run.reference : undefined,
    }),
  );
  const { referenceEvery } = loss.kl;
  if (run.reference && referenceEvery !== null && run.learner.steps % referenceEvery === 0) {
    run.reference.loadStateDict(run.learner.model.stateDict());
  }
  return result;
}

function passOptions({ learner, tokenizer }: Run, config: RlConfig): PassOptions {
  return {
    // Greedy sampling records log-probabilities at temperature 1.
    temperature: config.sampling.temperature || 1,
    tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, learner.model.device),
    padToken: tokenizer.padId ?? 0,
  };
}

/** Loads everything, and goes on from an interrupted run's state where the directory holds one. */
function open(config: RlConfig, checkpoint: string, context: StageContext): Run {
  const load = (): CausalLM => {
    const loaded = loadModel(checkpoint, { device: context.device, dtype: 'float32' });
    return config.lora ? withLora(loaded, config.lora, context.seed) : loaded;
  };
  const model = load();
  const reference = config.loss.kl.coefficient > 0 ? load() : undefined;
  const learner = new Learner(model, config.optimizer, config.steps * config.minibatches);
  const prompts = openPrompts(config.prompts, { seed: context.seed, resolve: context.resolve });
  const state = path.join(context.dir, STATE);
  const progress = loadState(state, learner, referenceTensors(reference)) as Progress | null;
  const { step, cursor, ahead } = progress ?? { step: 0 };
  if (cursor !== undefined) prompts.seek(cursor);
  if (step > 0) context.watcher.note(`resuming after step ${step} of ${config.steps}`);
  return {
    learner,
    reference,
    prompts,
    tokenizer: Tokenizer.load(checkpoint),
    rewards: createRewards(config.rewards, { maxTokens: config.sampling.maxTokens }),
    queue: new RolloutQueue(config.staleness, ahead === undefined ? [] : loadAhead(state, ahead)),
    start: step,
  };
}

function referenceTensors(reference: CausalLM | undefined): Map<string, Tensor> {
  const named = reference?.namedParameters() ?? [];
  return new Map(named.map(([name, parameter]) => [`reference.${name}`, parameter]));
}

/** What a state says beside weights and moments. */
interface Progress {
  readonly step: number;
  readonly cursor?: Json;
  /** File beside the state with the rollouts that wait, where any do. */
  readonly ahead?: string;
}

async function save(run: Run, step: number, context: StageContext): Promise<void> {
  const dir = path.join(context.dir, STATE);
  const ahead = await saveAhead(dir, step, run.queue.waiting);
  const progress = { step, cursor: run.prompts.cursor(), ...(ahead !== undefined && { ahead }) };
  await saveState(dir, run.learner, progress, referenceTensors(run.reference));
  await removeAhead(dir, ahead);
}

/** Tokens are counted as if responses were half as long as allowed. */
function estimate(config: RlConfig, checkpoint: string, device: string): Estimate {
  const model = readConfig(checkpoint);
  const { layers } = model;
  const { parameters } = modelSizes(model);
  const rows = Math.min(config.sampling.maxRows, config.promptsPerStep * config.groupSize);
  const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, device);
  const tokens = config.steps * config.promptsPerStep * config.groupSize * (config.sampling.maxTokens / 2);
  return {
    parameters,
    tokens,
    bytes: parameters * 4 * ((config.lora ? 1 : 4) + (config.loss.kl.coefficient > 0 ? 1 : 0)),
    seconds: estimateSeconds(
      { parameters, layers, trained: tokens, tokensPerPass, sampled: tokens, rows },
      device,
    ),
    basis: `responses half as long as allowed; ${
      config.lora
        ? 'frozen weights in float32; the additions are small'
        : 'weights, gradients and two moments in float32'
    }`,
  };
}
