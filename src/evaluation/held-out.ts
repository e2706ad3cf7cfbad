/**
 * @file Question set of a recipe: held-out prompts of its tasks, answered greedily, sampled, and general ones beside.
 *
 * Problems are held out by construction where the task allows it, and the same in every stage of a run, so that two
 * checkpoints are compared problem by problem.
 */
import { openHeldOut, type TaskConfig } from '../data/index.ts';
import type { Prompt } from '../records.ts';
import { type RewardsConfig, readsAnswers } from '../rl/reward/index.ts';
import type { StageContext } from '../run/stage.ts';
import type { Draw } from './target.ts';

/** Prompts, and the rewards that grade the responses to them. */
interface GradedPrompts {
  readonly prompts: readonly TaskConfig[];
  readonly rewards: RewardsConfig;
}

/** Which prompts a recipe asks. */
export interface HeldOutQuestions extends GradedPrompts {
  /** Which held-out problems. */
  readonly problemSeed: number;
  /** Problems answered once, greedily; the same ones as are sampled, as far as they go. */
  readonly greedyProblems: number;
  readonly problems: number;
  readonly samples: number;
  readonly general?: (GradedPrompts & { readonly problems: number; readonly samples: number }) | undefined;
}

/** The draws of a recipe's questions; fewer prompts than asked for where there are no more. */
export async function heldOutDraws(
  questions: HeldOutQuestions,
  context: Pick<StageContext, 'resolve' | 'watcher'>,
): Promise<Draw[]> {
  const { greedyProblems, problems, samples, general, problemSeed } = questions;
  const take = (of: GradedPrompts, count: number) => heldOut(of, count, problemSeed, context);
  const prompts = await take(questions, Math.max(greedyProblems, problems));
  const draws: Draw[] = [
    { kind: 'greedy', prompts: prompts.slice(0, greedyProblems), samples: 1 },
    { kind: 'sampled', prompts: prompts.slice(0, problems), samples },
  ];
  if (general === undefined) return draws;
  const others = await take(general, general.problems);
  return [...draws, { kind: 'general', prompts: others, samples: general.samples }];
}

async function heldOut(
  { prompts, rewards }: GradedPrompts,
  count: number,
  seed: number,
  { resolve, watcher }: Pick<StageContext, 'resolve' | 'watcher'>,
): Promise<Prompt[]> {
  const note = (text: string) => watcher.note(text);
  const requireAnswers = readsAnswers(rewards);
  const source = await openHeldOut(prompts, { seed, resolve, note, requireAnswers });
  return source.take(Math.min(source.size ?? Infinity, count));
}
