/** @file A run of reinforcement learning: the models, prompts and rewards it works with, opened, saved and freed. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { openHeldOut, openPrompts, type PromptSource } from '../data/index.ts';
import { UsageError } from '../errors.ts';
import {
  hasExperts,
  type LanguageModel,
  type LoadTrainedOptions,
  loadModel,
  loadTrained,
  ownParameters,
  requireRecompute,
  saveTrained,
  saveValueModel,
  storedDtype,
  tellLeftOut,
  useNumerics,
  ValueModel,
  withSharedWeights,
} from '../models/index.ts';
import { onFirst } from '../ranks.ts';
import type { Prompt } from '../records.ts';
import type { StageContext } from '../run/stage.ts';
import { Tokenizer } from '../text/index.ts';
import { type DType, itemSize, type Tensor } from '../torch/index.ts';
import { CollapseWatch } from './collapse.ts';
import type { RlConfig } from './config.ts';
import { type Critic, criticTensors, openCritic } from './critic.ts';
import { type CheckpointSource, Checkpoints, EarlyStop, saveCheckpoint } from './keep.ts';
import type { PassOptions } from './loss/index.ts';
import {
  createRewards,
  disposeRewards,
  type GradingOptions,
  readsAnswers,
  type WeightedReward,
} from './reward/index.ts';
import { Fleet, type PolicyServers, Rollouts } from './rollout/index.ts';
import { isPacked, microBatchTokens } from './settings.ts';
import type { Metrics, Resumable, Training } from './training-loop.ts';
import { Learner } from './update/index.ts';

export interface RlRun extends Training {
  readonly config: RlConfig;
  /** Folder of the checkpoint the policy starts from. */
  readonly checkpoint: string;
  /** What its checkpoints are written in. */
  readonly stored: DType;
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
  /** Servers that sample; undefined where this process does. */
  readonly fleet: Fleet | undefined;
  /** Prompts of validations; none where a recipe has none. */
  readonly heldOut: readonly Prompt[];
  readonly checkpoints: Checkpoints;
  readonly earlyStop: EarlyStop;
  readonly collapse: CollapseWatch;
}

/** Loads everything a run works with, at its start. */
export async function openRun(given: RlConfig, context: StageContext): Promise<RlRun> {
  const config = withServerDefaults(given);
  const { device, seed, resolve } = context;
  const checkpoint = resolve(config.model);
  const { lora, optimizer } = config;
  const numerics = useNumerics(config.precision, device);
  const { dtype } = numerics;
  const policy = loadTrained(checkpoint, { device, dtype, lora, seed });
  requireRecompute(policy, config.recompute);
  requireExperts(policy, config);
  tellLeftOut(checkpoint, policy.config, (text) => context.watcher.note(text));
  const reference =
    config.loss.kl.coefficient > 0 ? openReference(policy, checkpoint, { device, dtype, lora }) : undefined;
  const totalSteps = config.steps * config.minibatches;
  const { ranks } = context;
  const learner = new Learner(policy, optimizer, totalSteps, dtype, ranks);
  const critic =
    config.critic && openCritic(config.critic, { policy, checkpoint, optimizer, totalSteps, resolve, ranks });
  const note = (text: string) => context.watcher.note(text);
  const requireAnswers = readsAnswers(config.rewards);
  const prompts = await openPrompts(config.prompts, { seed, resolve, note, requireAnswers });
  const tokenizer = Tokenizer.load(checkpoint);
  const { maxTokens } = config.sampling;
  const warn = (id: string, text: string) => context.watcher.warn(id, text);
  const rewards = createRewards(config.rewards, { maxTokens, tokenizer, resolve, device, dtype, warn });
  const stored = storedDtype(config.checkpointPrecision, numerics);
  const fleet =
    config.policy && openFleet(config.policy, { config, learner, checkpoint, stored, context }, context);
  const rollouts = new Rollouts({ learner, tokenizer, prompts, sample: fleet?.sample }, config, seed);
  const checkpoints = new Checkpoints(context.dir, config);
  const earlyStop = new EarlyStop(config);
  const collapse = new CollapseWatch(config, context.watcher);
  return {
    config,
    context,
    checkpoint,
    stored,
    learner,
    critic,
    reference,
    tokenizer,
    prompts,
    rewards,
    rollouts,
    fleet,
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

/** Servers compute otherwise than the trainer: importance weights are on where a recipe names no others (TIS). */
export function withServerDefaults(config: RlConfig): RlConfig {
  if (config.policy === undefined || config.loss.samplerCorrection !== undefined) return config;
  const samplerCorrection = { kind: 'truncate', level: 'token', max: 2 } as const;
  return { ...config, loss: { ...config.loss, samplerCorrection } };
}

function openFleet(
  policy: PolicyServers,
  source: CheckpointSource & Pick<RlRun, 'learner'>,
  context: StageContext,
): Fleet {
  if (context.ranks.size > 1) {
    throw new UsageError(
      'policy: servers sample for a run of one process, and this one has several ranks',
      'Leave out `policy`, or start one process.',
    );
  }
  const { learner } = source;
  const { dir, signal, watcher } = context;
  return new Fleet(policy, {
    // Not resolved as an input: the stage would start again where a killed session has left weights in the folder.
    weightsDir: policy.weightsDir ?? path.resolve(dir, 'weights'),
    vocabSize: learner.model.config.vocabSize,
    steps: () => learner.steps,
    save: (folder) => saveCheckpoint(source, folder),
    signal,
    note: (text) => watcher.note(text),
    warn: (id, text) => watcher.warn(id, text),
  });
}

/** @throws UsageError where the choices of routers are asked for and the model has none */
export function requireExperts(
  policy: LanguageModel,
  { routerReplay }: Pick<RlConfig, 'routerReplay'>,
): void {
  if (routerReplay === undefined || hasExperts(policy)) return;
  throw new UsageError(
    `routerReplay: a ${policy.config.modelType} model has no experts`,
    'Leave the setting out: it is for models whose routers choose experts.',
  );
}

/** π_ref as the policy begins. With LoRA it is the policy's own weights under additions of its own. */
function openReference(
  policy: LanguageModel,
  checkpoint: string,
  { device, dtype, lora }: Omit<LoadTrainedOptions, 'seed'>,
): LanguageModel {
  return lora === undefined ? loadModel(checkpoint, { device, dtype }) : withSharedWeights(policy);
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

/** The critic's steps; going to them ends the restoring of its tensors. */
function optimiserSteps({ learner }: Critic): Resumable {
  return {
    cursor: () => learner.steps,
    seek: (steps) => {
      learner.optimizer.steps = Number(steps);
      learner.parameters.publish();
    },
  };
}

function referenceTensors(reference: LanguageModel | undefined): (readonly [string, Tensor])[] {
  const named = reference === undefined ? [] : ownParameters(reference);
  return named.map(([name, parameter]) => [`reference.${name}`, parameter] as const);
}

/**
 * Leaves the artifact: the policy's checkpoint, that of the last step or the best, and, in `critic/`, that of a critic of
 * its own.
 */
export function finishRun(run: RlRun): Promise<void> {
  return onFirst(run.context.ranks, () => writeArtifact(run));
}

async function writeArtifact(run: RlRun): Promise<void> {
  const { learner, critic, config, checkpoint, stored, checkpoints, context } = run;
  const { dir } = context;
  const best = config.keep?.artifact === 'best' ? checkpoints.best : null;
  checkpoints.finish();
  if (best === null) {
    const lora = config.lora !== undefined;
    await saveTrained(learner.model, dir, { base: checkpoint, lora, ...learner.saveOptions(stored) });
  } else {
    const { metric } = config.keep!;
    context.watcher.note(
      `leaves the checkpoint of step ${best.step}, the best by ${metric}: ${best.value.toPrecision(3)}`,
    );
    await cp(best.dir, dir, { recursive: true });
  }
  const own = critic?.learner.model;
  if (own instanceof ValueModel) {
    await saveValueModel(own, path.join(dir, 'critic'), {
      tokenizerFrom: checkpoint,
      ...critic!.learner.saveOptions(stored),
    });
  }
}

/** Frees what only this run holds. */
export function closeRun({ learner, critic, rewards, fleet }: RlRun): void {
  fleet?.dispose();
  disposeRewards(rewards);
  learner.dispose();
  critic?.learner.dispose();
}

/** How the completions of a rollout are shared out over the ranks. */
export function sharing({
  config,
  learner,
}: {
  readonly config: Pick<RlConfig, 'groupSize'>;
  readonly learner: Pick<Learner, 'ranks'>;
}): Required<GradingOptions> {
  return { ranks: learner.ranks, groupSize: config.groupSize };
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
    packed: isPacked(config.packing, learner.model),
    padToken: tokenizer.padId ?? 0,
    routerReplay: config.routerReplay,
    ranks: learner.ranks,
  };
}

/** Bytes the run holds from step to step, as metrics: weights, gradients and moments of all its models. */
export function modelBytes({ learner, critic, reference, rewards }: RlRun): Metrics {
  const frozen = reference === undefined ? [] : ownParameters(reference);
  const ofReference = frozen.reduce((sum, [, { numel, dtype }]) => sum + numel * itemSize[dtype], 0);
  const ofCritic = critic?.learner.bytes ?? 0;
  const ofRewards = rewards.reduce((sum, { reward }) => sum + (reward.bytes ?? 0), 0);
  return {
    'memory/models_bytes': learner.bytes + ofReference + ofCritic + ofRewards,
    ...(critic && { 'memory/critic_bytes': ofCritic }),
  };
}
