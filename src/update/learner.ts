/**
 * @file The update: gradients of micro-batches → clipped → one AdamW step, blind to what made the loss.
 */
import { UserError } from '../errors.ts';
import type { CausalLM } from '../models/index.ts';
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

/** A model being trained. */
export class Learner {
  readonly model: CausalLM;
  readonly parameters: FlatParameters;
  readonly optimizer: AdamW;
  readonly #config: OptimizerConfig;
  readonly #totalSteps: number;

  /** @param totalSteps - optimiser steps of the whole stage, for the schedule */
  constructor(model: CausalLM, config: OptimizerConfig, totalSteps: number) {
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
        'the last checkpoint is good; lower `optimizer.learningRate`, or look at the rewards for infinities',
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
