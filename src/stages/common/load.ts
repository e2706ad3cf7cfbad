/** @file The load of a stage that trains by examples, for a plan on many GPUs. */
import type { Load } from '../../run/stage.ts';

/** Settings of a stage that trains. */
interface TrainingSettings {
  readonly model: Load['model'];
  readonly precision: string;
  readonly lora?: unknown;
  readonly recompute: boolean;
  readonly tokensPerMicroBatch?: number | undefined;
}

/** Sequences of an optimiser step, and their tokens in the mean and at most. */
interface Sequences {
  readonly steps: number;
  readonly rows: number;
  readonly mean: number;
  readonly longest: number;
}

/** @param vocabulary - whether the head is over the vocabulary */
export function trainingLoad(
  { model, precision, lora, recompute, tokensPerMicroBatch }: TrainingSettings,
  sequences: Sequences,
  vocabulary: boolean,
): Load {
  return {
    model,
    precision,
    training: {
      ...sequences,
      recompute,
      lora: lora !== undefined,
      tokensPerMicroBatch,
      frozen: 0,
      critics: 0,
      reads: 0,
      vocabulary,
    },
  };
}
