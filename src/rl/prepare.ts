/**
 * @file Preparation of an update: passes of models over a rollout that no reward changes, done while rewards are pending.
 *
 * These are the policy's own log-probabilities, those of the reference, and the critic's values: where a setting asks for
 * them, and where no reward decides which completions are kept (dynamic sampling). What is not done when the rewards are
 * there is done when it is needed, in the same micro-batches: numbers do not depend on how long rewards take.
 */
import type { LanguageModel } from '../models/index.ts';
import type { Completion } from '../records.ts';
import { yieldToEventLoop } from '../run/yield-to-event-loop.ts';
import { explainOutOfMemory } from '../torch/index.ts';
import { type Critic, valuePieces } from './critic.ts';
import {
  type LossConfig,
  logprobPieces,
  type PassOptions,
  type Pieces,
  type TokenLogprobs,
} from './loss/index.ts';
import { ReferencePasses } from './reference-passes.ts';
import { passOptions, type RlRun } from './run.ts';

/** Passes over all completions of a step, before its first update. */
export interface RolloutPasses {
  /** π_θ of each completion; only where importance weights or the entropy's threshold need it. */
  readonly policy?: Pieces<TokenLogprobs[]>;
  /** π_ref of each completion; only where the KL is in the reward. */
  readonly reference?: Pieces<TokenLogprobs[]>;
  /** V of each completion's tokens; only with a critic. */
  readonly values?: Pieces<Float32Array[]>;
}

/** What says which passes a step needs, and how they are computed. */
export interface PassesOptions extends PassOptions {
  readonly loss: LossConfig;
  readonly policy: LanguageModel;
  readonly reference?: LanguageModel | undefined;
  readonly critic?: Critic | undefined;
}

/** The passes that settings ask for; none of them is begun. */
export function rolloutPasses(completions: readonly Completion[], options: PassesOptions): RolloutPasses {
  const { loss, policy, reference, critic } = options;
  const needsPolicy = loss.samplerCorrection !== undefined || loss.entropy.topFraction < 1;
  const needsReference = loss.kl.in === 'reward' && reference !== undefined;
  return {
    ...(needsPolicy && { policy: logprobPieces(policy, completions, options) }),
    ...(needsReference && {
      reference: logprobPieces(reference, completions, { ...options, routerReplay: undefined }),
    }),
    ...(critic && { values: valuePieces(critic, completions, options) }),
  };
}

/** What was begun of an update before its rewards were there. */
export interface Prepared {
  readonly passes: RolloutPasses;
  /** π_ref in the micro-batches of the update; only where the KL is in the loss. */
  readonly references: ReferencePasses | undefined;
}

/**
 * Prepares the update on all completions of a step, micro-batch by micro-batch, as long as rewards are pending.
 *
 * @param pending - whether they are
 * @returns null where rewards decide which completions are kept
 */
export async function prepare(
  run: RlRun,
  completions: readonly Completion[],
  step: number,
  pending: () => boolean,
): Promise<Prepared | null> {
  const { config, learner, reference, critic } = run;
  const { loss, dynamicSampling } = config;
  if (dynamicSampling !== undefined) return null;
  const options = { ...passOptions(run), loss, policy: learner.model, reference, critic };
  const passes = rolloutPasses(completions, options);
  const references =
    reference !== undefined && loss.kl.in === 'loss'
      ? new ReferencePasses(run, reference, completions, step)
      : undefined;
  const works = [passes.policy, passes.reference, passes.values, references?.pieces];
  // Rewards that are computed at once are no longer pending after this.
  await yieldToEventLoop();
  for (const work of works) {
    const next = (): boolean =>
      explainOutOfMemory('lower `tokensPerMicroBatch`', () => work?.next() ?? false);
    while (pending() && next()) await yieldToEventLoop();
  }
  return { passes, references };
}
