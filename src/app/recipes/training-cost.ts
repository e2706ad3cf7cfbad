/**
 * @file Cost of the checkpoints of a run: tokens and time of the stages each was made from.
 *
 * A checkpoint is made from the stage that left it, that stage's inputs, theirs, and so on; what shipped with the package
 * or came from another run took nothing here. A stage that two checkpoints need is counted for both, once for each.
 * Evaluations, and loading models, are not counted.
 */
import type { Metrics } from '../../run/metrics.ts';
import type { ResolvedRecipe } from './recipe.ts';
import { findReferences } from './references.ts';

/** Cost of one checkpoint. */
export interface TrainingCost {
  /**
   * Tokens of prompts and responses trained on, and of responses sampled to make data; those sampled in a step of
   * reinforcement learning and learnt from in the same one count once.
   */
  readonly tokens: number;
  readonly minutes: number;
}

/** The stages that a value leads to, through `@name` and the references of the stages so named. */
export function ancestors(value: unknown, recipe: Pick<ResolvedRecipe, 'stages'>): string[] {
  const found = new Set<string>();
  const visit = (part: unknown) => {
    for (const { name } of findReferences(part)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(recipe.stages.find((stage) => stage.name === name)?.config);
    }
  };
  visit(value);
  return [...found];
}

/** What the checkpoint of an evaluation took, by the steps its stages recorded. */
export function trainingCost(
  checkpoint: unknown,
  recipe: Pick<ResolvedRecipe, 'stages'>,
  metrics: Metrics,
): TrainingCost {
  const steps = ancestors(checkpoint, recipe).flatMap((name) => metrics.get(name) ?? []);
  const sum = (metric: string) =>
    steps.reduce((total, step) => total + (Number.isFinite(step[metric]) ? step[metric]! : 0), 0);
  return { tokens: sum('num_tokens'), minutes: sum('seconds') / 60 };
}

/** The checkpoint from elsewhere that a value leads to by `model` alone: the weights that were trained further. */
export function origin(checkpoint: unknown, recipe: Pick<ResolvedRecipe, 'stages'>): unknown {
  const name = findReferences(checkpoint)[0]?.name;
  const stage = recipe.stages.find((one) => one.name === name);
  return stage === undefined ? checkpoint : origin((stage.config as { model?: unknown }).model, recipe);
}
