/** @file A run of reinforcement learning: the models, prompts and rewards it works with, opened, saved and freed. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { openHeldOut, openPrompts, type PromptSource } from '../data/index.ts';
import {
  type LanguageModel,
  loadModel,
  requireRecompute,
  saveTrained,
  saveValueModel,
  ValueModel,
  withLora,
} from '../models/index.ts';
import type { Prompt } from '../records.ts';
import type { StageContext } from '../run/stage.ts';
import { Tokenizer } from '../text/index.ts';
import { itemSize, type Tensor } from '../torch/index.ts';
import { CollapseWatch } from './collapse.ts';
import type { RlConfig } from './config.ts';
import { type Critic, criticTensors, openCritic } from './critic.ts';
import { Checkpoints, EarlyStop } from './keep.ts';
import type { PassOptions } from './loss/index.ts';
import { createRewards, disposeRewards, readsAnswers, type WeightedReward } from './reward/index.ts';
import { Rollouts } from './rollout/index.ts';
import { microBatchTokens } from './settings.ts';
import type { Metrics, Resumable, Training } from './training-loop.ts';
import { Learner } from './update/index.ts';

export interface RlRun extends Training {
  readonly config: RlConfig;
  /** Folder of the checkpoint the policy starts from. */
  readonly checkpoint: string;
  /** π_θ and its optimiser. */
  readonly learner: Learner;
  /** Only for the advantage `gae`. */
  readonly critic: Critic | undefined;
  /** π_ref; only with a KL. */
  readonly reference: LanguageModel | undefined;
  readonly tokenizer: Tokenizer;
  readonly prompts: PromptSource;
  readonly rewards: readonly WeightedReward[];
  readonly rollouts: Rollouts;
  /** Prompts of validations; none where a recipe has none. */
  readonly heldOut: readonly Prompt[];
  readonly checkpoints: Checkpoints;
  readonly earlyStop: EarlyStop;
  readonly collapse: CollapseWatch;
}

/** Loads everything a run works with, at its start. */
export async function openRun(config: RlConfig, context: StageContext): Promise<RlRun> {
  const { device, seed, resolve } = context;
  const checkpoint = resolve(config.model);
  const load = (): LanguageModel => {
    const loaded = loadModel(checkpoint, { device, dtype: 'float32' });
    return config.lora ? withLora(loaded, config.lora, seed) : loaded;
  };
  const policy = load();
  requireRecompute(policy, config.recompute);
  const reference = config.loss.kl.coefficient > 0 ? load() : undefined;
  const { optimizer } = config;
  const totalSteps = config.steps * config.minibatches;
  const learner = new Learner(policy, optimizer, totalSteps);
  const critic =
    config.critic && openCritic(config.critic, { policy, checkpoint, optimizer, totalSteps, resolve });
  const note = (text: string) => context.watcher.note(text);
  const requireAnswers = readsAnswers(config.rewards);
  const prompts = await openPrompts(config.prompts, { seed, resolve, note, requireAnswers });
  const tokenizer = Tokenizer.load(checkpoint);
  const { maxTokens } = config.sampling;
  const warn = (id: string, text: string) => context.watcher.warn(id, text);
  const rewards = createRewards(config.rewards, { maxTokens, tokenizer, resolve, device, warn });
  const rollouts = new Rollouts({ learner, tokenizer, prompts }, config, seed);
  const checkpoints = new Checkpoints(context.dir, config);
  const earlyStop = new EarlyStop(config);
  const collapse = new CollapseWatch(config, context.watcher);
  return {
    config,
    context,
    checkpoint,
    learner,
    critic,
    reference,
    tokenizer,
    prompts,
    rewards,
    rollouts,
    heldOut: await openValidation(config, context),
    checkpoints,
    earlyStop,
    collapse,
    parts: {
      cursor: prompts,
      ahead: rollouts,
      checkpoints,
      earlyStop,
      collapse,
      ...(critic && { criticSteps: optimiserSteps(critic) }),
    },
    tensors: new Map([...referenceTensors(reference), ...criticTensors(critic)]),
  };
}

/** The held-out prompts of validations, in the order in which they are asked. */
async function openValidation(
  { validate, rewards }: RlConfig,
  { resolve, watcher }: StageContext,
): Promise<Prompt[]> {
  if (validate === undefined) return [];
  const note = (text: string) => watcher.note(text);
  const options = { seed: validate.problemSeed, resolve, note, requireAnswers: readsAnswers(rewards) };
  const source = await openHeldOut(validate.prompts, options);
  return source.take(Math.min(source.size ?? Infinity, validate.problems));
}

function optimiserSteps({ learner }: Critic): Resumable {
  return {
    cursor: () => learner.steps,
    seek: (steps) => {
      learner.optimizer.steps = Number(steps);
    },
  };
}

function referenceTensors(reference: LanguageModel | undefined): (readonly [string, Tensor])[] {
  const named = reference?.namedParameters() ?? [];
  return named.map(([name, parameter]) => [`reference.${name}`, parameter] as const);
}

/**
 * Leaves the artifact: the policy's checkpoint, that of the last step or the best, and, in `critic/`, that of a critic of
 * its own.
 */
export async function finishRun(run: RlRun): Promise<void> {
  const { learner, critic, config, checkpoint, checkpoints, context } = run;
  const { dir } = context;
  const best = config.keep?.artifact === 'best' ? checkpoints.best : null;
  checkpoints.finish();
  if (best === null) await saveTrained(learner.model, dir, checkpoint, config.lora !== undefined);
  else {
    const { metric } = config.keep!;
    context.watcher.note(
      `leaves the checkpoint of step ${best.step}, the best by ${metric}: ${best.value.toPrecision(3)}`,
    );
    await cp(best.dir, dir, { recursive: true });
  }
  const own = critic?.learner.model;
  if (own instanceof ValueModel) {
    await saveValueModel(own, path.join(dir, 'critic'), { tokenizerFrom: checkpoint });
  }
}

/** Frees what only this run holds. */
export function closeRun({ learner, critic, rewards }: RlRun): void {
  disposeRewards(rewards);
  learner.dispose();
  critic?.learner.dispose();
}

/** How a model computes the log-probabilities of a rollout. */
export function passOptions({
  learner,
  tokenizer,
  config,
}: Pick<RlRun, 'learner' | 'tokenizer' | 'config'>): PassOptions {
  return {
    // Greedy sampling records log-probabilities at temperature 1.
    temperature: config.sampling.temperature || 1,
    tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, learner.model.device),
    padToken: tokenizer.padId ?? 0,
  };
}

/** Bytes the run holds from step to step, as metrics: weights, gradients and moments of all its models. */
export function modelBytes({ learner, critic, reference, rewards }: RlRun): Metrics {
  const frozen = reference?.parameters() ?? [];
  const ofReference = frozen.reduce((sum, { numel, dtype }) => sum + numel * itemSize[dtype], 0);
  const ofCritic = critic?.learner.bytes ?? 0;
  const ofRewards = rewards.reduce((sum, { reward }) => sum + (reward.bytes ?? 0), 0);
  return {
    'memory/models_bytes': learner.bytes + ofReference + ofCritic + ofRewards,
    ...(critic && { 'memory/critic_bytes': ofCritic }),
  };
}
