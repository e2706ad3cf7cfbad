/**
 * @file The optimiser: its settings, the learning rate of a step, and AdamW (Loshchilov & Hutter 2019, algorithm 2).
 */
import { z } from 'zod';
import { noGrad, scope, type Tensor, zerosLike } from '../../torch/index.ts';

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
