/** @file Accuracy of a reward model: how far it agrees with judgements it has not seen, as `report.json` keeps it. */
import { type Interval, wilsonInterval } from '../../evaluation/statistics/index.ts';
import type { ScoringOptions, ValueModel } from '../../models/index.ts';
import type { RewardModelConfig } from './config.ts';
import type { LeftOut, RewardModelData } from './data.ts';
import { evaluateJudged } from './step.ts';

/** `report.json`. The figures after `heldOut` are of held-out judgements, null where there are none. */
export interface RewardModelReport {
  readonly name: string;
  readonly kind: RewardModelConfig['kind'];
  readonly reads: RewardModelConfig['reads'];
  readonly template: RewardModelConfig['template'];
  readonly steps: number;
  /** Judgements trained on, and left out. */
  readonly trained: number;
  readonly leftOut: LeftOut;
  /** Tokens of prompt and reply: of chosen and rejected ones, or of single responses. */
  readonly meanLengths: readonly number[];
  readonly heldOut: number;
  /** Share it agrees with, and the Wilson interval (95 %). */
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval | null;
  /** Nats. */
  readonly loss: number | null;
  /** Mean score of the better less that of the worse. */
  readonly margin: number | null;
  readonly meanScore: number | null;
}

/** Measures a model on the held-out judgements. */
export function reportOf(
  { name, kind, reads, template }: RewardModelConfig,
  { size, leftOut, meanLengths, heldOut }: RewardModelData,
  steps: number,
  model: ValueModel,
  passes: ScoringOptions,
): RewardModelReport {
  const measured = heldOut.length === 0 ? null : evaluateJudged(model, kind, heldOut, passes);
  return {
    name,
    kind,
    reads,
    template,
    steps,
    trained: size,
    leftOut,
    meanLengths,
    heldOut: heldOut.length,
    accuracy: measured && measured.right / heldOut.length,
    accuracyInterval: measured && wilsonInterval(measured.right, heldOut.length),
    loss: measured?.loss ?? null,
    margin: measured?.margin ?? null,
    meanScore: measured?.meanScore ?? null,
  };
}

/** The agreement in one line; null where nothing was held out. */
export function inWords({ accuracy, accuracyInterval, heldOut }: RewardModelReport): string | null {
  if (accuracy === null || accuracyInterval === null) return null;
  const percent = (share: number): string => (100 * share).toFixed(1);
  const interval = accuracyInterval.map(percent).join('–');
  return `agrees with ${percent(accuracy)} % (${interval}) of ${heldOut} held-out judgements`;
}
