/**
 * @file Dynamic sampling (DAPO, arXiv 2503.14476, §3.2): prompts are drawn until enough groups teach something.
 *
 * A group whose rewards are all equal has no advantage. Each further draw takes as many prompts as groups are missing;
 * after the last one the step goes on with the groups there are.
 */

import type { Completion, Scored } from '../records.ts';
import { hasSignal } from './advantage/index.ts';
import type { RlConfig } from './config.ts';
import { Grading } from './reward/index.ts';
import { type RlRun, sharing } from './run.ts';
import type { TrainStep } from './training-loop.ts';

/** The completions of a step; those of one prompt lie next to one another. */
export interface Groups {
  /** Groups to learn from. */
  readonly kept: readonly Scored[];
  /** Groups thrown away because all their rewards are equal. */
  readonly discarded: readonly Scored[];
  /** Draws of prompts. */
  readonly attempts: number;
}

/** What further draws are made with. */
export interface Redrawing {
  readonly config: Pick<RlConfig, 'promptsPerStep' | 'groupSize' | 'dynamicSampling'>;
  readonly rollouts: Pick<RlRun['rollouts'], 'draw'>;
  readonly rewards: RlRun['rewards'];
  readonly learner: Pick<RlRun['learner'], 'ranks'>;
}

/**
 * Draws prompts in place of groups without a signal; every group is kept where a recipe does not ask for that.
 * @param first - the step's own draw, scored
 */
export async function dynamicSampling(
  { config, rollouts, rewards, learner }: Redrawing,
  step: TrainStep,
  first: readonly Scored[],
): Promise<Groups> {
  const { promptsPerStep, groupSize, dynamicSampling: settings } = config;
  if (settings === undefined) return { kept: first, discarded: [], attempts: 1 };
  const { kept, discarded } = sorted(first, groupSize);
  let attempts = 1;
  while (kept.length < promptsPerStep * groupSize && attempts < settings.attempts) {
    // One draw after another: how many are missing is known only then.
    const missing = promptsPerStep - kept.length / groupSize;
    const grading = new Grading(rewards, sharing({ config, learner }));
    const begin = (group: readonly Completion[]): void => grading.begin(group);
    const completions = step.lap('rollout', await rollouts.draw(step.index, missing, attempts++, begin));
    const more = sorted(step.lap('reward', await grading.scored(completions)), groupSize);
    kept.push(...more.kept);
    discarded.push(...more.discarded);
  }
  return { kept, discarded, attempts };
}

/** The groups with a signal, and those without. */
function sorted(scored: readonly Scored[], groupSize: number): { kept: Scored[]; discarded: Scored[] } {
  const [kept, discarded]: [Scored[], Scored[]] = [[], []];
  for (let i = 0; i < scored.length; i += groupSize) {
    const group = scored.slice(i, i + groupSize);
    (hasSignal(group.map(({ reward }) => reward)) ? kept : discarded).push(...group);
  }
  return { kept, discarded };
}
