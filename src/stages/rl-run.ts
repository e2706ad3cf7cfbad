/** @file What the RL loop works with: opened at its start or from an interrupted run's state, and saved to one. */
import path from 'node:path';
import { openPrompts, type PromptSource } from '../data/index.ts';
import { type LanguageModel, loadModel, saveValueModel, ValueModel, withLora } from '../models/index.ts';
import type { Json } from '../records.ts';
import { createRewards, disposeRewards, readsAnswers, type WeightedReward } from '../reward/index.ts';
import { STATE } from '../run/artifact.ts';
import { itemSize, type Tensor } from '../tensor/index.ts';
import { Tokenizer } from '../text/index.ts';
import { Learner, loadState, saveState } from '../update/index.ts';
import { type Critic, criticTensors, openCritic } from './critic.ts';
import { microBatchTokens } from './knobs.ts';
import type { PassOptions } from './logprobs.ts';
import type { RlConfig } from './rl-config.ts';
import { loadAhead, RolloutQueue, removeAhead, saveAhead } from './rollout-queue.ts';
import { saveTrained } from './save-trained.ts';
import type { StageContext } from './stage.ts';

export interface Run {
  readonly learner: Learner;
  readonly critic: Critic | undefined;
  readonly reference: LanguageModel | undefined;
  readonly tokenizer: Tokenizer;
  readonly prompts: PromptSource;
  readonly rewards: readonly WeightedReward[];
  readonly queue: RolloutQueue;
  /** First step not yet taken. */
  readonly start: number;
}

/** Loads everything, and goes on from an interrupted run's state where the directory holds one. */
export async function openRun(config: RlConfig, checkpoint: string, context: StageContext): Promise<Run> {
  const { device, seed, resolve } = context;
  const load = (): LanguageModel => {
    const loaded = loadModel(checkpoint, { device, dtype: 'float32' });
    return config.lora ? withLora(loaded, config.lora, seed) : loaded;
  };
  const policy = load();
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
  const state = path.join(context.dir, STATE);
  const extra = extraTensors({ reference, critic });
  const progress = loadState(state, learner, extra, context.watcher) as Progress | null;
  const { step, cursor, ahead, criticSteps = 0 } = progress ?? { step: 0 };
  if (critic) critic.learner.optimizer.steps = criticSteps;
  if (cursor !== undefined) prompts.seek(cursor);
  if (step > 0) context.watcher.note(`resuming after step ${step} of ${config.steps}`);
  return {
    learner,
    critic,
    reference,
    prompts,
    tokenizer,
    rewards: createRewards(config.rewards, {
      maxTokens: config.sampling.maxTokens,
      tokenizer,
      resolve,
      device,
    }),
    queue: new RolloutQueue(config.staleness, ahead === undefined ? [] : loadAhead(state, ahead)),
    start: step,
  };
}

/** Tensors of a state beside those of the policy's learner. */
function extraTensors({ reference, critic }: Pick<Run, 'reference' | 'critic'>): Map<string, Tensor> {
  const named = reference?.namedParameters() ?? [];
  return new Map([
    ...named.map(([name, parameter]) => [`reference.${name}`, parameter] as const),
    ...criticTensors(critic),
  ]);
}

/** What a state says beside weights and moments. */
interface Progress {
  readonly step: number;
  readonly cursor?: Json;
  /** File beside the state with the rollouts that wait, where any do. */
  readonly ahead?: string;
  /** Optimiser steps of the critic. */
  readonly criticSteps?: number;
}

/** Saves the state after `step` rollouts. */
export async function saveRun(run: Run, step: number, context: StageContext): Promise<void> {
  const dir = path.join(context.dir, STATE);
  const ahead = await saveAhead(dir, step, run.queue.waiting);
  const progress = {
    step,
    cursor: run.prompts.cursor(),
    ...(ahead !== undefined && { ahead }),
    ...(run.critic && { criticSteps: run.critic.learner.steps }),
  };
  await saveState(dir, run.learner, progress, extraTensors(run));
  await removeAhead(dir, ahead);
}

/** Leaves the artifact: the policy's checkpoint and, in `critic/`, that of a critic of its own. */
export async function finishRun(
  { learner, critic }: Run,
  config: RlConfig,
  checkpoint: string,
  dir: string,
): Promise<void> {
  await saveTrained(learner.model, dir, checkpoint, config.lora !== undefined);
  const own = critic?.learner.model;
  if (own instanceof ValueModel) {
    await saveValueModel(own, path.join(dir, 'critic'), { tokenizerFrom: checkpoint });
  }
}

/** Frees what only this run holds. */
export function closeRun({ learner, critic, rewards }: Run): void {
  disposeRewards(rewards);
  learner.dispose();
  critic?.learner.dispose();
}

/** How a model looks at a rollout. */
export function passOptions({ learner, tokenizer }: Run, config: RlConfig): PassOptions {
  return {
    // Greedy sampling records log-probabilities at temperature 1.
    temperature: config.sampling.temperature || 1,
    tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, learner.model.device),
    padToken: tokenizer.padId ?? 0,
  };
}

/** Bytes the run holds from step to step, as metrics: weights, gradients and moments of all its models. */
export function modelBytes({ learner, critic, reference, rewards }: Run): Record<string, number> {
  const frozen = reference?.parameters() ?? [];
  const ofReference = frozen.reduce((sum, { numel, dtype }) => sum + numel * itemSize[dtype], 0);
  const ofCritic = critic?.learner.bytes ?? 0;
  const ofRewards = rewards.reduce((sum, { reward }) => sum + (reward.bytes ?? 0), 0);
  return {
    'memory/models_bytes': learner.bytes + ofReference + ofCritic + ofRewards,
    ...(critic && { 'memory/critic_bytes': ofCritic }),
  };
}
