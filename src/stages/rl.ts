/**
 * @file Reinforcement learning with rule-based rewards: R1-Zero's stage, and the RL stages of R1.
 *
 *   data → rollout → reward → advantage → loss → update
 *
 * This is the only RL loop. The algorithm is in the settings: advantage, clip range, aggregation, KL.
 */
import path from 'node:path';
import { z } from 'zod';
import { ADVANTAGES, advantageSchema, broadcast } from '../advantage/index.ts';
import { openPrompts, type PromptSource, promptsSchema } from '../data/index.ts';
import { type CausalLM, loadModel, modelSizes, readConfig, saveModel } from '../models/index.ts';
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
import {
  checkpointEverySchema,
  checkpointSchema,
  microBatchTokens,
  samplingSchema,
  templateSchema,
  tokensPerMicroBatchSchema,
} from './knobs.ts';
import { updatePolicy } from './policy-update.ts';
import { stepReport, warnOfTraps } from './rl-report.ts';
import { writeSamples } from './samples.ts';
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
  sampling: samplingSchema.prefault({}),
  advantage: advantageSchema.default('grpo'),
  loss: z
    .strictObject({
      clipLow: z.number().positive().default(0.2).describe('ε below 1; above 1 the lower side is unclipped'),
      clipHigh: z.number().positive().default(0.2).describe('ε above 1'),
      dualClip: z.number().gt(1).optional().describe('Bound c of the loss where the advantage is negative'),
      aggregation: z
        .enum(['token-mean', 'seq-mean-token-mean', 'seq-mean-token-sum', 'constant'])
        .default('token-mean')
        .describe('How token losses become one number'),
      divisor: z.number().positive().optional().describe('Of the aggregation `constant`'),
      klCoefficient: z.number().min(0).default(0).describe('β: weight of KL(policy ‖ reference) in the loss'),
      klEstimator: z.enum(['k1', 'k2', 'k3']).default('k3').describe('Estimate of that KL'),
      referenceEvery: z
        .number()
        .int()
        .positive()
        .default(400)
        .describe('Optimiser steps between reference refreshes'),
    })
    .refine(({ aggregation, divisor }) => aggregation !== 'constant' || divisor !== undefined, {
      message: 'aggregation "constant" needs a divisor',
      path: ['divisor'],
    })
    .prefault({}),
  optimizer: optimizerSchema,
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
  checkpointEvery: checkpointEverySchema,
});

type RlConfig = z.output<typeof schema>;

export const rl: StageDefinition<typeof schema> = {
  kind: 'rl',
  schema,
  estimate: async (config, context) => estimate(config, context.resolve(config.model), context.device),
  run: async (config, context) => {
    const run = open(config, context);
    try {
      await train(run, config, context);
      await saveModel(run.learner.model, context.dir, { tokenizerFrom: context.resolve(config.model) });
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
  /** First step not yet taken. */
  readonly start: number;
}

async function train(run: Run, config: RlConfig, context: StageContext): Promise<void> {
  const { learner, tokenizer } = run;
  for (let step = run.start; step < config.steps; step++) {
    const clock = performance.now();
    const prompts = run.prompts.next(config.promptsPerStep);
    const policy = { model: learner.model, tokenizer, template: config.template, version: learner.steps };
    const completions = sampleCompletions(policy, prompts, step, config, context);
    const sampled = performance.now();
    const scored = await scoreAll(run.rewards, completions);
    const samples = withAdvantages(scored, config);
    const updates = minibatches(samples, step, config, context.seed).map((batch) =>
      update(run, batch, config),
    );

    const seconds = { rollout: (sampled - clock) / 1000, total: (performance.now() - clock) / 1000 };
    const report = stepReport({ step: step + 1, samples, updates, seconds });
    context.record(report);
    context.watcher.step(report, config.steps);
    warnOfTraps(report, config, context.watcher);
    const due = (step + 1) % config.checkpointEvery === 0;
    if (due) await writeSamples(context.dir, step + 1, scored, config.groupSize);
    if (due || context.signal.aborted) await save(run, step + 1, context);
    await breathe(context.signal);
  }
}

function sampleCompletions(
  policy: Parameters<typeof rollout>[0],
  prompts: Parameters<typeof rollout>[1],
  step: number,
  config: RlConfig,
  context: StageContext,
): Completion[] {
  const generator = new Generator(
    Random.derive(context.seed, 'sampling', step).int(0, 2 ** 32 - 1),
    context.device,
  );
  return explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
    rollout(policy, prompts, { ...config.sampling, groupSize: config.groupSize, generator }),
  );
}

/** Completions of one prompt lie next to one another: group g is the g-th run of `groupSize`. */
function withAdvantages(scored: readonly Scored[], config: RlConfig): Sample[] {
  const groups = scored.map((_, i) => Math.floor(i / config.groupSize));
  const rewards = scored.map(({ reward }) => reward);
  return broadcast(scored, groups, ADVANTAGES[config.advantage](rewards, groups));
}

/** The rollout in `minibatches` parts of nearly equal size, each a random draw from all groups. */
function minibatches(samples: readonly Sample[], step: number, config: RlConfig, seed: number): Batch[] {
  if (config.minibatches === 1) return [{ samples }];
  const shuffled = Random.derive(seed, 'minibatches', step).shuffle(samples);
  return Array.from({ length: config.minibatches }, (_, part) => ({
    samples: shuffled.filter((_, i) => i % config.minibatches === part),
  }));
}

function update(run: Run, batch: Batch, config: RlConfig) {
  const { loss } = config;
  const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
    updatePolicy(run.learner, batch, {
      clip: { low: loss.clipLow, high: loss.clipHigh, ...(loss.dualClip && { dual: loss.dualClip }) },
      klCoefficient: loss.klCoefficient,
      klEstimator: loss.klEstimator,
      aggregation: loss.aggregation,
      divisor: loss.divisor,
      temperature: config.sampling.temperature,
      tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, run.learner.model.device),
      padToken: run.tokenizer.padId ?? 0,
      reference: run.reference,
    }),
  );
  if (run.reference && run.learner.steps % loss.referenceEvery === 0) {
    run.reference.loadStateDict(run.learner.model.stateDict());
  }
  return result;
}

/** Loads everything, and goes on from an interrupted run's state where the directory holds one. */
function open(config: RlConfig, context: StageContext): Run {
  const checkpoint = context.resolve(config.model);
  const model = loadModel(checkpoint, { device: context.device, dtype: 'float32' });
  const reference =
    config.loss.klCoefficient > 0
      ? loadModel(checkpoint, { device: context.device, dtype: 'float32' })
      : undefined;
  const learner = new Learner(model, config.optimizer, config.steps * config.minibatches);
  const prompts = openPrompts(config.prompts, { seed: context.seed, resolve: context.resolve });
  const progress = loadState(path.join(context.dir, STATE), learner, referenceTensors(reference));
  const { step, cursor } = (progress ?? { step: 0 }) as { step: number; cursor?: Json };
  if (cursor !== undefined) prompts.seek(cursor);
  if (step > 0) context.watcher.note(`resuming after step ${step} of ${config.steps}`);
  return {
    learner,
    reference,
    prompts,
    tokenizer: Tokenizer.load(checkpoint),
    rewards: createRewards(config.rewards),
    start: step,
  };
}

function referenceTensors(reference: CausalLM | undefined): Map<string, Tensor> {
  const named = reference?.namedParameters() ?? [];
  return new Map(named.map(([name, parameter]) => [`reference.${name}`, parameter]));
}

async function save(run: Run, step: number, context: StageContext): Promise<void> {
  const dir = path.join(context.dir, STATE);
  await saveState(dir, run.learner, { step, cursor: run.prompts.cursor() }, referenceTensors(run.reference));
}

/** Tokens are counted as if responses were half as long as allowed. */
function estimate(config: RlConfig, checkpoint: string, device: string): Estimate {
  const { parameters } = modelSizes(readConfig(checkpoint));
  const tokens = config.steps * config.promptsPerStep * config.groupSize * (config.sampling.maxTokens / 2);
  return {
    parameters,
    tokens,
    bytes: parameters * 4 * (config.loss.klCoefficient > 0 ? 5 : 4),
    seconds: estimateSeconds({ parameters, trained: tokens, sampled: tokens }, device),
    basis: 'responses half as long as allowed; weights, gradients and two moments in float32',
  };
}
