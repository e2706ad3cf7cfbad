/**
 * @file The update: gradients of micro-batches → clipped → one AdamW step, blind to what made the loss.
 *
 * What is trained of a model (all of it, or its LoRA additions) is one vector, and the gradients are another. Each
 * parameter is a view of the vectors, so that zeroing, clipping and an optimiser step are a few operators over all
 * parameters at once instead of a few for each, and gradients accumulate in place over micro-batches.
 */

import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { LanguageModel } from '../../models/index.ts';
import { type Module, trainableParameters } from '../../models/layers/index.ts';
import { empty, itemSize, noGrad, scope, type Tensor, zeros, zerosLike } from '../../torch/index.ts';

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

/** A module's trainable parameters, and their gradients, each as one vector that the parameters are views of. */
export class FlatParameters {
  /** [N], all trained parameters end to end. */
  readonly values: Tensor;
  /** [N], their accumulated gradients. */
  readonly gradients: Tensor;
  /** Ranges of parameters with at least two dimensions: what is usually decayed. Adjacent ranges are merged. */
  readonly matrices: readonly (readonly [start: number, length: number])[];

  /** Takes over the memory of the module's trainable parameters (all of one dtype on one device). */
  constructor(module: Module) {
    const parameters = trainableParameters(module);
    const first = parameters[0]?.[1];
    if (first === undefined) throw new TypeError('a module without parameters cannot be trained');
    const total = parameters.reduce((sum, [, parameter]) => sum + parameter.numel, 0);
    const options = { dtype: first.dtype, device: first.device };
    this.values = empty([total], options);
    this.gradients = zeros([total], options);
    const matrices: [number, number][] = [];
    let offset = 0;
    noGrad(() => {
      for (const [, parameter] of parameters) {
        this.#adopt(parameter, offset);
        const last = matrices.at(-1);
        if (parameter.ndim >= 2) {
          if (last && last[0] + last[1] === offset) last[1] += parameter.numel;
          else matrices.push([offset, parameter.numel]);
        }
        offset += parameter.numel;
      }
    });
    this.matrices = matrices;
  }

  #adopt(parameter: Tensor, offset: number): void {
    scope(() => {
      const place = this.values.narrow(0, offset, parameter.numel).view(parameter.shape);
      place.copy_(parameter);
      parameter.setData(place);
      parameter.requiresGrad_();
      parameter.setGrad(this.gradients.narrow(0, offset, parameter.numel).view(parameter.shape));
    });
  }

  zeroGradients(): void {
    this.gradients.zero_();
  }

  /** Scales the gradients so that their norm is at most `maxNorm`; returns the norm before. */
  clipGradients(maxNorm: number): number {
    return noGrad(() =>
      scope(() => {
        const norm = this.gradients.norm().item();
        if (norm > maxNorm) this.gradients.mul_(maxNorm / (norm + 1e-6));
        return norm;
      }),
    );
  }

  dispose(): void {
    this.values.dispose();
    this.gradients.dispose();
  }
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

/** A model's parameters and their gradients, as one vector each. */
export interface Parameters {
  /** [N] */
  readonly values: Tensor;
  /** [N] */
  readonly gradients: Tensor;
  /** Ranges of parameters with at least two dimensions. */
  readonly matrices: readonly (readonly [start: number, length: number])[];
}

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** What decays: every parameter, or only those with at least two dimensions (not norms and biases). */
  readonly decay: 'all' | 'matrices';
}

/** The optimiser of one Parameters. Its state is two vectors and the count of steps; see state.ts for saving. */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #options: AdamWOptions;
  /** First and second moments, [N] each. */
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** Steps taken, for the bias correction. */
  steps = 0;

  constructor(parameters: Parameters, options: AdamWOptions) {
    this.#parameters = parameters;
    this.#options = options;
    this.firstMoment = zerosLike(parameters.values);
    this.secondMoment = zerosLike(parameters.values);
  }

  /** One step along the accumulated gradients at this learning rate. */
  step(rate: number): void {
    const { betas, epsilon } = this.#options;
    const { values, gradients } = this.#parameters;
    this.steps += 1;
    const correction1 = 1 - betas[0] ** this.steps;
    const correction2 = 1 - betas[1] ** this.steps;
    noGrad(() =>
      scope(() => {
        this.#decay(rate);
        this.firstMoment.lerp_(gradients, 1 - betas[0]);
        this.secondMoment.mul_(betas[1]).addcmul_(gradients, gradients, 1 - betas[1]);
        const scale = this.secondMoment.div(correction2).sqrt_().add_(epsilon);
        values.addcdiv_(this.firstMoment, scale, -rate / correction1);
      }),
    );
  }

  #decay(rate: number): void {
    const { weightDecay, decay } = this.#options;
    if (weightDecay === 0) return;
    const { values, matrices } = this.#parameters;
    const factor = 1 - rate * weightDecay;
    if (decay === 'all') values.mul_(factor);
    else for (const [start, length] of matrices) values.narrow(0, start, length).mul_(factor);
  }

  dispose(): void {
    this.firstMoment.dispose();
    this.secondMoment.dispose();
  }
}
