/**
 * @file One optimiser step of a reward model, and what is measured of judgements.
 *
 * The loss is the mean over all judgements of the step, whatever micro-batches they come in; the two replies of a pair
 * are always in one.
 */
import { microBatchesOf } from '../../bucket.ts';
import {
  endScoresPass,
  type LaidOut,
  type ScoringOptions,
  scoreSequences,
  type ValueModel,
} from '../../models/index.ts';
import { pairwiseLoss, pointwiseLoss } from '../../rl/loss/index.ts';
import { LESS_MEMORY } from '../../rl/settings.ts';
import type { Learner, StepResult } from '../../rl/update/index.ts';
import { explainOutOfMemory, scope, type Tensor, tensor } from '../../torch/index.ts';
import type { JudgedItem, RewardModelDataConfig } from './data.ts';

type Kind = RewardModelDataConfig['kind'];

/** What a model makes of judgements. */
export interface Measured {
  /** Mean, nats. */
  readonly loss: number;
  /** Judgements it agrees with: the chosen reply scores higher; the response scores above 0 and is good, or neither. */
  readonly right: number;
  /** Mean score of the better less that of the worse: over pairs, or of good responses less bad; null of one kind only. */
  readonly margin: number | null;
  readonly meanScore: number;
}

/** @param scores - of each item's sequences; at least one item */
export function measure(
  kind: Kind,
  items: readonly JudgedItem[],
  scores: readonly ArrayLike<number>[],
): Measured {
  const n = items.length;
  const all = scores.flatMap((own) => Array.from(own));
  /** By how much a judgement is agreed with: its loss is −log σ of that. */
  const agreement = items.map(({ good }, i) =>
    kind === 'pairwise' ? scores[i]![0]! - scores[i]![1]! : (good ? 1 : -1) * scores[i]![0]!,
  );
  return {
    loss: sum(agreement.map((x) => Math.max(0, -x) + Math.log1p(Math.exp(-Math.abs(x))))) / n,
    right: agreement.filter((x) => x > 0).length,
    margin: kind === 'pairwise' ? sum(agreement) / n : difference(items, all),
    meanScore: sum(all) / all.length,
  };
}

function difference(items: readonly JudgedItem[], scores: readonly number[]): number | null {
  const of = (side: boolean) => scores.filter((_, i) => items[i]!.good === side);
  const [good, bad] = [of(true), of(false)];
  return good.length === 0 || bad.length === 0 ? null : sum(good) / good.length - sum(bad) / bad.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export type JudgedResult = StepResult & Measured;

/**
 * Updates the model once.
 * @param items - of all ranks
 * @throws UserError as Learner.step does, or where the device's memory does not suffice
 */
export function rewardModelStep(
  learner: Learner<ValueModel>,
  kind: Kind,
  items: readonly JudgedItem[],
  options: ScoringOptions & { readonly recompute?: boolean },
): JudgedResult {
  const own: Scores[] = [];
  const sizes = items.map(({ sequences }) => tokensIn(sequences, options.packed));
  const buckets = microBatchesOf(learner.ranks, sizes, options);
  const read = sum(items.flatMap(({ sequences }) => sequences.map(({ length }) => length)));
  const routing = (laidOut: LaidOut, length: number) => learner.routing(laidOut, length, read);
  const step = explainOutOfMemory(LESS_MEMORY, () =>
    learner.step(buckets, (bucket) => {
      const some = bucket.map((i) => items[i]!);
      const part = backwardJudged(learner.model, kind, some, items.length, { ...options, routing });
      own.push(...bucket.map((item, k) => ({ item, scores: part[k]! })));
    }),
  );
  const scores = items.map((): readonly number[] => []);
  for (const one of learner.ranks.gather(own).flat()) scores[one.item] = one.scores;
  return { ...step, ...measure(kind, items, scores) };
}

/** What the model gave the sequences of an item. */
interface Scores {
  readonly item: number;
  readonly scores: readonly number[];
}

/** Tokens that the sequences of an item take in a pass. */
function tokensIn(sequences: readonly Int32Array[], packed = false): number {
  const lengths = sequences.map(({ length }) => length);
  return packed ? sum(lengths) : lengths.length * Math.max(...lengths);
}

/**
 * Accumulates the gradient of Σ loss / `normaliser` over the items.
 * @returns the scores of each item's sequences
 */
export function backwardJudged(
  model: ValueModel,
  kind: Kind,
  items: readonly JudgedItem[],
  normaliser: number,
  options: Parameters<typeof endScoresPass>[2],
): number[][] {
  return scope(() => {
    // All first replies, then all second ones.
    const n = items.length;
    const sides = items[0]!.sequences.map((_, side) => items.map(({ sequences }) => sequences[side]!));
    const { scores, backward } = endScoresPass(model, sides.flat(), options);
    lossesOf(kind, items, scores).sum().div(normaliser).backward();
    backward();
    const values = scores.toArray();
    return items.map((_, i) => sides.map((_, side) => values[side * n + i]!));
  });
}

function lossesOf(kind: Kind, items: readonly JudgedItem[], scores: Tensor): Tensor {
  const n = items.length;
  if (kind === 'pairwise') return pairwiseLoss(scores.narrow(0, 0, n), scores.narrow(0, n, n));
  const good = tensor(
    items.map((item) => Number(item.good)),
    [n],
    { dtype: 'bool', device: scores.device },
  );
  return pointwiseLoss(scores, good);
}

/** Looks at judgements without history. */
export function evaluateJudged(
  model: ValueModel,
  kind: Kind,
  items: readonly JudgedItem[],
  options: ScoringOptions,
): Measured {
  const flat = scoreSequences(
    model,
    items.flatMap(({ sequences }) => sequences),
    options,
  );
  const width = items[0]?.sequences.length ?? 1;
  return measure(
    kind,
    items,
    items.map((_, i) => flat.subarray(i * width, (i + 1) * width)),
  );
}
