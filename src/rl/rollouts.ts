/**
 * @file The completions a step learns from: `groupSize` responses of the policy to each of its prompts.
 *
 * Each draw has a random stream of its own, derived from the seed, the step and the attempt, so that nothing else moves
 * it. With `staleness` s the completions of step t are sampled before the updates of step t − s, by a policy at most s
 * steps old, as when sampling and training run side by side (AReaL, arXiv 2505.24298). What waits is part of a run's
 * state: it was sampled by weights that are no more. Leaves out sampling at the same time as training: one process, one
 * thing after the other.
 */
import type { PromptSource } from '../data/index.ts';
import { Random } from '../random.ts';
import type { Completion, Json } from '../records.ts';
import type { StageContext } from '../run/stage.ts';
import type { Tokenizer } from '../text/index.ts';
import { explainOutOfMemory } from '../torch/index.ts';
import { loadAhead, saveAhead } from './ahead-file.ts';
import type { RlConfig } from './config.ts';
import { rollout } from './rollout/index.ts';
import type { Resumable, StatePlace } from './training-loop.ts';
import type { Learner } from './update/index.ts';

/** Who is asked, and what. */
export interface RolloutSource {
  readonly learner: Pick<Learner, 'model' | 'steps'>;
  readonly tokenizer: Tokenizer;
  readonly prompts: PromptSource;
}

export class Rollouts implements Resumable {
  readonly #source: RolloutSource;
  readonly #config: RlConfig;
  readonly #context: Pick<StageContext, 'seed' | 'device'>;
  /** Sampled and not yet learnt from, by step, the next one first. */
  #ahead: (readonly Completion[])[] = [];

  constructor(source: RolloutSource, config: RlConfig, context: Pick<StageContext, 'seed' | 'device'>) {
    this.#source = source;
    this.#config = config;
    this.#context = context;
  }

  /** The completions of a step (counted from 0), those of one prompt next to one another. */
  async next(step: number): Promise<readonly Completion[]> {
    const { staleness, steps, promptsPerStep } = this.#config;
    const last = Math.min(step + staleness, steps - 1);
    // One step after another: each goes on in the prompts where the one before it stopped.
    while (step + this.#ahead.length <= last) {
      this.#ahead.push(await this.draw(step + this.#ahead.length, promptsPerStep, 0));
    }
    return this.#ahead.shift()!;
  }

  /**
   * Responses to the next `count` prompts by the policy as it is now.
   * @param attempt - how many draws the step had before this one
   */
  async draw(step: number, count: number, attempt: number): Promise<readonly Completion[]> {
    const { learner, tokenizer, prompts } = this.#source;
    const { template, groupSize, sampling } = this.#config;
    const policy = { model: learner.model, tokenizer, template, version: learner.steps };
    const purpose = attempt === 0 ? [step] : [step, attempt];
    const seed = Random.derive(this.#context.seed, 'sampling', ...purpose).int(0, 2 ** 32 - 1);
    return explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
      rollout(policy, prompts.next(count, step), { ...sampling, groupSize, seed }),
    );
  }

  async cursor({ dir, step }: StatePlace): Promise<Json> {
    return saveAhead(dir, step, this.#ahead);
  }

  seek(name: Json, dir: string): void {
    this.#ahead = typeof name === 'string' ? loadAhead(dir, name) : [];
  }
}

/** Mean number of optimiser steps between sampling and now, the policy having taken `steps`. */
export function meanStaleness(completions: readonly Completion[], steps: number): number {
  const sum = completions.reduce((total, { policyVersion }) => total + steps - policyVersion, 0);
  return sum / Math.max(1, completions.length);
}
