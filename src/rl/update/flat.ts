/**
 * @file What is trained of a model (all of it, or its LoRA additions) as one vector, and the gradients as another.
 *
 * Each parameter becomes a view of the vectors, so that zeroing, clipping and an optimiser step are a few operators
 * over all parameters at once instead of a few for each, and gradients accumulate in place over micro-batches.
 */
import { type Module, trainableParameters } from '../../models/layers/index.ts';
import { empty, noGrad, scope, type Tensor, zeros } from '../../torch/index.ts';

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
