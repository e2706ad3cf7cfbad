/** @file The metrics of a validation by name, and which way each is better. */
import type { z } from 'zod';
import { rewardsSaying, type rewardsSchema } from './reward/index.ts';

type RewardsConfig = z.output<typeof rewardsSchema>;

export type Better = 'higher' | 'lower';

/** Rewards of a recipe that say whether a response is right, in its order. */
export function rightRewards(rewards: RewardsConfig): string[] {
  const saying: readonly string[] = rewardsSaying('right');
  return Object.entries(rewards).flatMap(([name, settings]) =>
    settings !== undefined && saying.includes(name) ? [name] : [],
  );
}

/** What a validation measures with these rewards: each metric and which way it is better, null where neither is. */
export function validationMetrics(rewards: RewardsConfig): ReadonlyMap<string, Better | null> {
  const named = Object.entries(rewards).flatMap(([name, settings]) => (settings === undefined ? [] : [name]));
  return new Map<string, Better | null>([
    ...(rightRewards(rewards).length > 0 ? [['validation/accuracy', 'higher'] as const] : []),
    ['validation/reward', 'higher'],
    ...named.map((name) => [`validation/rewards/${name}/mean`, 'higher'] as const),
    ['validation/length', null],
    ['validation/clipped_ratio', 'lower'],
    ['validation/unscored_ratio', 'lower'],
  ]);
}
