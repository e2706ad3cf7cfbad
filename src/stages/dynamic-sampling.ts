/**
 * @file Dynamic sampling (DAPO, arXiv 2503.14476, §3.2): prompts are drawn until enough groups teach something.
 *
 * A group whose rewards are all equal has no advantage. Each further draw takes as many prompts as groups are missing;
 * after the last one the step goes on with the groups there are.
 */
import { z } from 'zod';
import { hasSignal } from '../advantage/index.ts';
import type { Scored } from '../records.ts';

/** A recipe's `dynamicSampling`; left out, every group is kept. */
export const dynamicSamplingSchema = z.strictObject({
  attempts: z.number().int().positive().default(10).describe('Draws of prompts in a step, at most'),
});

/** The completions of a step; those of one prompt lie next to one another. */
export interface Rollout {
  /** Groups to learn from. */
  readonly kept: readonly Scored[];
  /** Groups thrown away because all their rewards are equal. */
  readonly discarded: readonly Scored[];
  /** Draws of prompts. */
  readonly attempts: number;
}

export interface RolloutSize {
  readonly promptsPerStep: number;
  readonly groupSize: number;
  readonly dynamicSampling?: z.output<typeof dynamicSamplingSchema> | undefined;
}

/**
 * Collects the groups of one step.
 * @param draw - samples and scores `groupSize` completions of each of the next `prompts` prompts
 */
export async function collectGroups(
  { promptsPerStep, groupSize, dynamicSampling }: RolloutSize,
  draw: (prompts: number, attempt: number) => Promise<Scored[]>,
): Promise<Rollout> {
  if (dynamicSampling === undefined) {
    return { kept: await draw(promptsPerStep, 0), discarded: [], attempts: 1 };
  }
  const kept: Scored[] = [];
  const discarded: Scored[] = [];
  let attempts = 0;
  while (kept.length < promptsPerStep * groupSize && attempts < dynamicSampling.attempts) {
    // One draw after another: how many are missing is known only then.
    const scored = await draw(promptsPerStep - kept.length / groupSize, attempts++);
    for (let i = 0; i < scored.length; i += groupSize) {
      const group = scored.slice(i, i + groupSize);
      (hasSignal(group.map(({ reward }) => reward)) ? kept : discarded).push(...group);
    }
  }
  return { kept, discarded, attempts };
}
