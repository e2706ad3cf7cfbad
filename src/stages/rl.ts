/**
 * @file Reinforcement learning with rule-based rewards: R1-Zero's stage, and the RL stages of R1.
 *
 *   data → rollout → reward → advantage → loss → update
 *
 * This is the only RL loop. The algorithm is in the settings: advantage, critic and loss (docs/algorithms.md). With
 * `lora` only the additions are trained; the artifact is the merged checkpoint, with the adapter beside it in `adapter/`
 * and a critic of its own in `critic/`.
 */
import { requirePromptFiles } from '../data/index.ts';
import { Random } from '../random.ts';
import type { Batch, Completion, Sample, Scored } from '../records.ts';
import { requireRewardFiles, scoreAll } from '../reward/index.ts';
import { rollout } from '../rollout/index.ts';
import { explainOutOfMemory, Generator } from '../tensor/index.ts';
import { breathe } from './breathe.ts';
import { counts } from './counts.ts';
import { type Credit, creditRollout } from './credit.ts';
import { updateCritic } from './critic-update.ts';
import { collectGroups } from './dynamic-sampling.ts';
import { type PolicyUpdateResult, updatePolicy } from './policy-update.ts';
import { type RlConfig, rlSchema } from './rl-config.ts';
import { estimateRl } from './rl-estimate.ts';
import { stepReport } from './rl-report.ts';
import { closeRun, finishRun, modelBytes, openRun, passOptions, type Run, saveRun } from './rl-run.ts';
import { warnOfSettings, warnOfTraps } from './rl-traps.ts';
import { meanStaleness } from './rollout-queue.ts';
import { writeSamples } from './samples.ts';
import type { StageContext, StageDefinition } from './stage.ts';
import { StepClock } from './step-clock.ts';

export const rl: StageDefinition<typeof rlSchema> = {
  kind: 'rl',
  schema: rlSchema,
  estimate: async (config, context) => {
    requirePromptFiles(config.prompts, context.resolve);
    await requireRewardFiles(config.rewards, context.resolve);
    return estimateRl(config, context);
  },
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    const run = await openRun(config, checkpoint, context);
    try {
      await train(run, config, context);
      await finishRun(run, config, checkpoint, context.dir);
    } finally {
      closeRun(run);
    }
  },
};

async function train(run: Run, config: RlConfig, context: StageContext): Promise<void> {
  const settings = { ...config, maxPositions: run.learner.model.config.maxPositions };
  warnOfSettings(settings, context.watcher);
  for (let step = run.start; step < config.steps; step++) {
    const clock = new StepClock(['rollout', 'reward', 'update']);
    const drawn = await run.queue.take(step, config.steps, (of) =>
      collectGroups(config, async (prompts, attempt) => {
        const completions = await clock.time('rollout', () =>
          sampleCompletions(run, prompts, [of, attempt], config, context),
        );
        return clock.time('reward', () => scoreAll(run.rewards, completions));
      }),
    );
    const staleness = meanStaleness(drawn, run.learner.steps);
    const credit = await clock.time('update', () => assignCredit(run, drawn.kept, config));
    const batches = minibatches(credit.samples, step, config, context.seed);
    const updates = await clock.time('update', () => batches.map((batch) => update(run, batch, config)));

    const report = {
      ...stepReport({ step: step + 1, rollout: drawn, config, updates, credit, seconds: clock.seconds }),
      'staleness/mean': staleness,
      ...modelBytes(run),
    };
    context.record(report);
    context.watcher.step(report, config.steps);
    warnOfTraps(report, settings, context.watcher);
    await breathe();
    const due = (step + 1) % config.checkpointEvery === 0;
    const ends = step === 0 || step + 1 === config.steps;
    if (due || ends) await writeSamples(context.dir, step + 1, drawn.kept, config.groupSize);
    if (due || context.signal.aborted) await saveRun(run, step + 1, context);
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
    rollout(policy, prompts.next(count, step), {
      ...config.sampling,
      groupSize: config.groupSize,
      generator,
    }),
  );
}

function assignCredit(run: Run, scored: readonly Scored[], config: RlConfig): Credit {
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
      critic: run.critic,
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

/** One optimiser step of the policy, and of the critic where there is one. */
function update(run: Run, batch: Batch, config: RlConfig): PolicyUpdateResult {
  const { loss, sampling } = config;
  const { learner, reference, critic } = run;
  const options = { ...passOptions(run, config), loss };
  const shared = critic?.config.kind === 'shared';
  const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () => ({
    ...updatePolicy(learner, batch, {
      ...options,
      maxTokens: sampling.maxTokens,
      reference: loss.kl.in === 'loss' ? reference : undefined,
      sharedCritic: shared ? critic : undefined,
    }),
    ...(critic && !shared && { critic: updateCritic(critic, batch, options) }),
  }));
  const { referenceEvery } = loss.kl;
  if (reference && referenceEvery !== null && learner.steps % referenceEvery === 0) {
    reference.loadStateDict(learner.model.stateDict());
  }
  return result;
}
