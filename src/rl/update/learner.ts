/**
 * @file The update: gradients of micro-batches → clipped → one AdamW step, blind to what made the loss.
 */
import { UserError } from '../../errors.ts';
import type { LanguageModel } from '../../models/index.ts';
import type { Module } from '../../models/layers/index.ts';
import { itemSize, type Tensor } from '../../torch/index.ts';
import { AdamW } from './adamw.ts';
import type { OptimizerConfig } from './config.ts';
import { FlatParameters } from './flat.ts';
import { learningRate } from './schedule.ts';

/** What one optimiser step did. */
export interface StepResult {
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** A model being trained: a language model unless said otherwise. */
export class Learner<M extends Module = LanguageModel> {
  readonly model: M;
  readonly parameters: FlatParameters;
  readonly optimizer: AdamW;
  readonly #config: OptimizerConfig;
  readonly #totalSteps: number;

  /** @param totalSteps - optimiser steps of the whole stage, for the schedule */
  constructor(model: M, config: OptimizerConfig, totalSteps: number) {
    this.model = model;
    this.parameters = new FlatParameters(model);
    this.optimizer = new AdamW(this.parameters, config);
    this.#config = config;
    this.#totalSteps = totalSteps;
  }

  /** Optimiser steps taken. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /** Bytes of weights (frozen ones too), gradients and both moments. */
  get bytes(): number {
    const weights = this.model.parameters().reduce((sum, parameter) => sum + bytesOf(parameter), 0);
    return weights + 3 * bytesOf(this.parameters.values);
  }

  /**
   * One optimiser step: `backward` accumulates the gradient of each micro-batch.
   * @throws UserError when the gradient is not finite; the weights are then those before the step
   */
  step<T>(microBatches: Iterable<T>, backward: (microBatch: T) => void): StepResult {
    this.parameters.zeroGradients();
    for (const microBatch of microBatches) backward(microBatch);
    const gradNorm = this.parameters.clipGradients(this.#config.maxGradNorm);
    if (!Number.isFinite(gradNorm)) {
      throw new UserError(
        `the gradient is ${gradNorm} at optimiser step ${this.steps + 1}: the loss is not finite`,
        'the last checkpoint is good; lower `optimizer.peak`, or look at the rewards for infinities',
      );
    }
    const rate = learningRate(this.#config, this.steps, this.#totalSteps);
    this.optimizer.step(rate);
    return { gradNorm, learningRate: rate };
  }

  dispose(): void {
    this.optimizer.dispose();
    this.parameters.dispose();
  }
}

function bytesOf({ numel, dtype }: Tensor): number {
  return numel * itemSize[dtype];
}
