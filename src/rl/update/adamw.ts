/**
 * @file AdamW (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2) over one vector of parameters.
 *
 * On a GPU it is a kernel (adamw-kernel.ts), or torch's fused operator where kernels do not run; both read and write each
 * number once. Elsewhere it is composed of a few operators over the whole vector. They differ by rounding.
 */
import {
  aten,
  features,
  full,
  keep,
  noGrad,
  runsKernels,
  scope,
  type Tensor,
  zerosLike,
} from '../../torch/index.ts';
import { adamwKernel, stretchTable } from './adamw-kernel.ts';
import type { Rounding } from './rounding.ts';

/** A range of the vector. */
type Range = readonly [start: number, length: number];

/** A model's parameters and their gradients, as one vector each. */
export interface Parameters {
  /** [N] */
  readonly values: Tensor;
  /** [N] */
  readonly gradients: Tensor;
  /** Ranges of parameters with at least two dimensions. */
  readonly matrices: readonly Range[];
  /** Of values that a model computes with; none unless given. */
  readonly rounding?: Rounding | null;
}

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** What decays: every parameter, or only those with at least two dimensions (not norms and biases). */
  readonly decay: 'all' | 'matrices';
  /** Whether torch's fused operator takes the steps: on a GPU where torch has it, unless given. */
  readonly fused?: boolean;
}

/** The optimiser of one Parameters. Its state is two vectors and the count of steps; see state.ts for saving. */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #options: AdamWOptions;
  readonly #fused: boolean;
  /** First and second moments, [N] each. */
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** See stretchTable; made when it is first needed. */
  #stretches: Tensor | null = null;
  /** Steps taken, for the bias correction. */
  steps = 0;

  constructor(parameters: Parameters, options: AdamWOptions) {
    this.#parameters = parameters;
    this.#options = options;
    this.#fused = options.fused ?? (features.fusedAdamW && parameters.values.device !== 'cpu');
    this.firstMoment = zerosLike(parameters.values);
    this.secondMoment = zerosLike(parameters.values);
  }

  /** One step along the accumulated gradients at this learning rate. */
  step(rate: number): void {
    this.steps += 1;
    noGrad(() => scope(() => (this.#fused ? this.#stepFused(rate) : this.#stepComposed(rate))));
  }

  /**
   * One step along the gradients scaled down to a norm, with the rounding of the values, which the host does not wait for.
   * The gradients stay as they are.
   * @param most - the norm
   * @returns the norm before, on the device; where it is not finite there was no step, though one is counted. null where no
   * kernel takes the step
   */
  clippedStep(rate: number, most: number): Tensor | null {
    const { values, gradients, rounding = null } = this.#parameters;
    if (this.#options.fused === false || !runsKernels(values.device, values.dtype)) return null;
    return noGrad(() =>
      scope(() => {
        const norm = gradients.norm();
        const { firstMoment, secondMoment } = this;
        this.#stretches ??= keep(stretchTable(values, this.#decayed, rounding));
        const tensors = {
          values,
          gradients,
          firstMoment,
          secondMoment,
          stretches: this.#stretches,
          rounding,
        };
        const numbers = { ...this.#options, rate, most, steps: this.steps + 1 };
        if (!adamwKernel(tensors, norm, numbers)) return null;
        this.steps += 1;
        return norm;
      }),
    );
  }

  get #decayed(): readonly Range[] {
    const { weightDecay, decay } = this.#options;
    const { values, matrices } = this.#parameters;
    if (weightDecay === 0) return [];
    return decay === 'all' ? [[0, values.numel]] : matrices;
  }

  #stepComposed(rate: number): void {
    const { betas, epsilon } = this.#options;
    const { values, gradients } = this.#parameters;
    const correction1 = 1 - betas[0] ** this.steps;
    const correction2 = 1 - betas[1] ** this.steps;
    for (const { ranges, weightDecay } of this.#groups()) {
      if (weightDecay === 0) continue;
      for (const [start, length] of ranges) values.narrow(0, start, length).mul_(1 - rate * weightDecay);
    }
    this.firstMoment.lerp_(gradients, 1 - betas[0]);
    this.secondMoment.mul_(betas[1]).addcmul_(gradients, gradients, 1 - betas[1]);
    const scale = this.secondMoment.div(correction2).sqrt_().add_(epsilon);
    values.addcdiv_(this.firstMoment, scale, -rate / correction1);
  }

  #stepFused(lr: number): void {
    const { betas, epsilon: eps } = this.#options;
    const { values, gradients } = this.#parameters;
    const vectors = [values, gradients, this.firstMoment, this.secondMoment];
    const count = full([], this.steps, { device: values.device, dtype: 'float32' });
    for (const { ranges, weightDecay: weight_decay } of this.#groups()) {
      const parts = vectors.map((vector) => ranges.map(([start, length]) => vector.narrow(0, start, length)));
      const steps = ranges.map(() => count);
      const numbers = { lr, beta1: betas[0], beta2: betas[1], weight_decay, eps };
      aten('_fused_adamw_')(...parts, [], steps, { ...numbers, amsgrad: false, maximize: false });
    }
  }

  /** The whole vector in parts of one decay each. */
  #groups(): readonly { readonly ranges: readonly Range[]; readonly weightDecay: number }[] {
    const { weightDecay, decay } = this.#options;
    const { values, matrices } = this.#parameters;
    if (weightDecay === 0 || decay === 'all') return [{ ranges: [[0, values.numel]], weightDecay }];
    const others = complement(matrices, values.numel);
    return [
      { ranges: matrices, weightDecay },
      { ranges: others, weightDecay: 0 },
    ].filter(({ ranges }) => ranges.length > 0);
  }

  dispose(): void {
    this.firstMoment.dispose();
    this.secondMoment.dispose();
    this.#stretches?.dispose();
  }
}

/** What lies between ranges in ascending order, up to `end`. */
function complement(ranges: readonly Range[], end: number): Range[] {
  const bounds = [0, ...ranges.flatMap(([start, length]) => [start, start + length]), end];
  const gaps: Range[] = [];
  for (let i = 0; i < bounds.length; i += 2) {
    if (bounds[i + 1]! > bounds[i]!) gaps.push([bounds[i]!, bounds[i + 1]! - bounds[i]!]);
  }
  return gaps;
}
