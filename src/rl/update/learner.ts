/** @file The update: gradients of micro-batches → clipped → one AdamW step, blind to what made the loss. */

import { z } from 'zod';
import { UsageError, UserError } from '../../errors.ts';
import {
  balanceExperts,
  hasExpertBiases,
  hasExperts,
  type LaidOut,
  type LanguageModel,
  Routing,
  type SampledExperts,
  type SaveOptions,
} from '../../models/index.ts';
import type { Module } from '../../models/layers/index.ts';
import { ALONE, type Ranks } from '../../ranks.ts';
import { type DType, itemSize, type Tensor } from '../../torch/index.ts';
import { AdamW } from './adamw.ts';
import { ExpertWatch } from './expert-watch.ts';
import { FlatParameters } from './flat-parameters.ts';

/** What one optimiser step did. */
export interface StepResult {
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/**
 * @param frozen - with LoRA, where the biases belong to the base
 * @throws UsageError where the balance of experts is asked for and the model has none
 */
export function requireBalance(
  model: Module,
  { expertBias, balanceLoss }: Pick<OptimizerConfig, 'expertBias' | 'balanceLoss'>,
  frozen = false,
): void {
  if (expertBias !== undefined && (frozen || !hasExpertBiases(model))) {
    throw new UsageError(
      'optimizer.expertBias: the model has no biases of experts that are trained',
      'Leave the setting out: it is for deepseek_v3 without LoRA.',
    );
  }
  if (balanceLoss !== undefined && !hasExperts(model)) {
    throw new UsageError(
      'optimizer.balanceLoss: the model has no experts',
      'Leave the setting out: it is for deepseek_v3, qwen3_moe and gpt_oss.',
    );
  }
}

/** A model being trained: a language model unless said otherwise. */
export class Learner<M extends Module = LanguageModel> {
  readonly model: M;
  readonly parameters: FlatParameters;
  readonly optimizer: AdamW;
  /** The load of the model's experts, counted at each step. */
  readonly experts = new ExpertWatch();
  /** Processes that train it together: each computes the gradient of its micro-batches, all take the same step. */
  readonly ranks: Ranks;
  readonly #config: OptimizerConfig;
  readonly #totalSteps: number;

  /**
   * @param totalSteps - optimiser steps of the whole stage, for the schedule
   * @param dtype - what the model computes in from now on; as it is unless given
   */
  constructor(model: M, config: OptimizerConfig, totalSteps: number, dtype?: DType, ranks: Ranks = ALONE) {
    requireBalance(model, config);
    this.model = model;
    this.ranks = ranks;
    this.parameters = new FlatParameters(model, dtype);
    this.optimizer = new AdamW(this.parameters, config);
    this.#config = config;
    this.#totalSteps = totalSteps;
  }

  /** Optimiser steps taken. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /** Bytes of weights (frozen ones and a float32 master too), gradients and both moments. */
  get bytes(): number {
    const weights = this.model.parameters().reduce((sum, parameter) => sum + bytesOf(parameter), 0);
    return weights + this.parameters.masterBytes + 3 * bytesOf(this.parameters.values);
  }

  /**
   * One optimiser step: `backward` accumulates the gradient of each micro-batch.
   * @param microBatches - of this rank
   * @throws UserError when the gradient is not finite; the weights are then those before the step
   */
  step<T>(microBatches: Iterable<T>, backward: (microBatch: T) => void): StepResult {
    this.parameters.zeroGradients();
    for (const microBatch of microBatches) backward(microBatch);
    this.ranks.sum(this.parameters.gradients);
    const before = this.steps;
    const rate = learningRate(this.#config, before, this.#totalSteps);
    const gradNorm = this.#update(rate);
    if (!Number.isFinite(gradNorm)) {
      this.optimizer.steps = before;
      throw new UserError(
        `the gradient is ${gradNorm} at optimiser step ${before + 1}: the loss is not finite`,
        `the last checkpoint is good; lower ${this.#config.balanceLoss === undefined ? '' : '`optimizer.balanceLoss` or '}\`optimizer.peak\`, or look at the rewards, where there are some, for infinities`,
      );
    }
    this.experts.count(balanceExperts(this.model, this.#config.expertBias ?? 0, this.ranks));
    return { gradNorm, learningRate: rate };
  }

  /**
   * What a micro-batch asks of the model's routers; undefined where nothing is asked.
   * @param length - tokens of a row
   * @param stepTokens - of all sequences of the step
   * @param sampled - experts of the rollout, to be compared or replayed
   */
  routing(
    { sequences }: Pick<LaidOut, 'sequences'>,
    length: number,
    stepTokens: number,
    sampled?: SampledExperts,
  ): Routing | undefined {
    const { balanceLoss } = this.#config;
    if (balanceLoss === undefined && sampled === undefined) return undefined;
    const { device } = this.parameters.values;
    const weight = (balanceLoss ?? 0) / stepTokens;
    return new Routing({ sampled, ...(weight > 0 && { balance: { sequences, length, weight, device } }) });
  }

  /** Moves the weights along the clipped gradients, unless these are not finite; returns their norm before. */
  #update(rate: number): number {
    const { maxGradNorm } = this.#config;
    const norm = this.optimizer.clippedStep(rate, maxGradNorm);
    if (norm !== null) return takeNumber(norm);
    const gradNorm = this.parameters.clipGradients(maxGradNorm);
    if (!Number.isFinite(gradNorm)) return gradNorm;
    this.optimizer.step(rate);
    this.parameters.publish();
    return gradNorm;
  }

  /** How a checkpoint of its model is written in a dtype: from the float32 values where it keeps more of them. */
  saveOptions(dtype: DType): Required<Pick<SaveOptions, 'dtype' | 'exact'>> {
    return { dtype, exact: (name) => this.parameters.valuesOf(name) };
  }

  dispose(): void {
    this.optimizer.dispose();
    this.parameters.dispose();
  }
}

function takeNumber(tensor: Tensor): number {
  const value = tensor.item();
  tensor.dispose();
  return value;
}

function bytesOf({ numel, dtype }: Tensor): number {
  return numel * itemSize[dtype];
}

/** A recipe's `optimizer`. */
export const optimizerSchema = z.strictObject({
  peak: z.number().positive().describe('Learning rate after warm-up'),
  warmup: z.number().int().min(0).default(0).describe('Optimiser steps of linear warm-up'),
  shape: z.enum(['constant', 'linear', 'cosine']).default('constant').describe('Learning rate after warm-up'),
  floor: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Learning rate at the last step as a share of the peak'),
  betas: z
    .tuple([z.number(), z.number()])
    .default([0.9, 0.95])
    .describe('Decay of the first and second moment'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of the second moment'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay'),
  decay: z.enum(['all', 'matrices']).default('matrices').describe('Which parameters decay'),
  maxGradNorm: z.number().positive().default(1).describe('Gradients are scaled down to this norm'),
  expertBias: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('γ: how far each step moves the biases of experts against their load; not at all unless given'),
  balanceLoss: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe(
      'α: weight of the loss that balances the load of experts within each sequence; none unless given',
    ),
});

export type OptimizerConfig = z.output<typeof optimizerSchema>;

/** Linear warm-up to the peak, then down to a share of it. */
export interface Schedule {
  readonly peak: number;
  /** Steps of linear warm-up: step 0 already has peak / warmup. */
  readonly warmup: number;
  readonly shape: 'constant' | 'linear' | 'cosine';
  /** Learning rate at the last step as a share of the peak (unused by `constant`). */
  readonly floor: number;
}

/** Learning rate of a step, counted from 0, of `total`. */
export function learningRate(schedule: Schedule, step: number, total: number): number {
  const { peak, warmup, shape, floor } = schedule;
  if (step < warmup) return (peak * (step + 1)) / warmup;
  if (shape === 'constant') return peak;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - 1 - warmup));
  const remaining = shape === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
  return peak * (floor + (1 - floor) * remaining);
}
