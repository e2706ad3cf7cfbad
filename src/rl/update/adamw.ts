/**
 * @file AdamW (Loshchilov & Hutter 2019, algorithm 2) over a model's parameters as one vector.
 */
import { noGrad, scope, type Tensor, zerosLike } from '../../torch/index.ts';
import type { FlatParameters } from './flat.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** What decays: every parameter, or only those with at least two dimensions (not norms and biases). */
  readonly decay: 'all' | 'matrices';
}

/** The optimiser of one FlatParameters. Its state is two vectors and the count of steps; see state.ts for saving. */
export class AdamW {
  readonly #parameters: FlatParameters;
  readonly #options: AdamWOptions;
  /** First and second moments, [N] each. */
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** Steps taken, for the bias correction. */
  steps = 0;

  constructor(parameters: FlatParameters, options: AdamWOptions) {
    this.#parameters = parameters;
    this.#options = options;
    this.firstMoment = zerosLike(parameters.values);
    this.secondMoment = zerosLike(parameters.values);
  }

  /** One step along the accumulated gradients at this learning rate. */
  step(learningRate: number): void {
    const { betas, epsilon } = this.#options;
    const { values, gradients } = this.#parameters;
    this.steps += 1;
    const correction1 = 1 - betas[0] ** this.steps;
    const correction2 = 1 - betas[1] ** this.steps;
    noGrad(() =>
      scope(() => {
        this.#decay(learningRate);
        this.firstMoment.lerp_(gradients, 1 - betas[0]);
        this.secondMoment.mul_(betas[1]).addcmul_(gradients, gradients, 1 - betas[1]);
        const scale = this.secondMoment.div(correction2).sqrt_().add_(epsilon);
        values.addcdiv_(this.firstMoment, scale, -learningRate / correction1);
      }),
    );
  }

  #decay(learningRate: number): void {
    const { weightDecay, decay } = this.#options;
    if (weightDecay === 0) return;
    const { values, matrices } = this.#parameters;
    const factor = 1 - learningRate * weightDecay;
    if (decay === 'all') values.mul_(factor);
    else for (const [start, length] of matrices) values.narrow(0, start, length).mul_(factor);
  }

  dispose(): void {
    this.firstMoment.dispose();
    this.secondMoment.dispose();
  }
}
