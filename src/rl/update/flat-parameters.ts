/**
 * @file FlatParameters: the trained parameters of a model as one vector, and their gradients as another.
 *
 * Each parameter is a view of the vectors, so that zeroing, clipping and an optimiser step are a few operators over all
 * parameters at once instead of a few for each, and gradients accumulate in place over micro-batches.
 *
 * Mixed precision (Micikevicius et al. 2018, arXiv 1710.03740, section 3.1): a model that computes in bfloat16 has its
 * parameters in a third vector, rounded from the float32 values that the optimiser changes. Steps too small for
 * bfloat16 add up in these. Autograd adds each bfloat16 gradient to a float32 one.
 */
import { float32Parameters, type Module, trainableParameters } from '../../models/layers/index.ts';
import {
  type DType,
  empty,
  itemSize,
  noGrad,
  scope,
  type Tensor,
  widened,
  zeros,
} from '../../torch/index.ts';

/** A parameter's place in the vectors. */
interface Place {
  readonly offset: number;
  readonly shape: readonly number[];
}

export class FlatParameters {
  /** [N], all trained parameters end to end, float32 at least: what the optimiser changes. */
  readonly values: Tensor;
  /** [N], their accumulated gradients, of the same dtype. */
  readonly gradients: Tensor;
  /** Ranges of parameters with at least two dimensions: what is usually decayed. Adjacent ranges are merged. */
  readonly matrices: readonly (readonly [start: number, length: number])[];
  /** [M], the first M values as the model computes with them; null where it computes with the values themselves. */
  readonly #rounded: Tensor | null;
  readonly #places = new Map<string, Place>();

  /**
   * Takes over the memory of the module's trainable parameters, on one device.
   * @param dtype - what the module is to compute in, but for its float32Parameters; as it is unless given
   */
  constructor(module: Module, dtype?: DType) {
    const { wide, narrow } = sorted(module, dtype);
    const first = narrow[0]?.[1] ?? wide[0]?.[1];
    if (first === undefined) throw new TypeError('a module without parameters cannot be trained');
    const options = { dtype: widened(first.dtype), device: first.device };
    const [rounded, exact] = [countOf(narrow), countOf(wide)];
    this.values = empty([rounded + exact], options);
    this.gradients = zeros([rounded + exact], options);
    this.#rounded = rounded === 0 ? null : empty([rounded], { ...options, dtype: dtype ?? first.dtype });
    this.matrices = this.#adoptAll([...narrow, ...wide], rounded);
  }

  /** @param rounded - values that the model computes with rounded: the first */
  #adoptAll(parameters: readonly Named[], rounded: number): [start: number, length: number][] {
    const matrices: [number, number][] = [];
    let offset = 0;
    noGrad(() => {
      for (const [name, parameter] of parameters) {
        const { shape, numel, ndim } = parameter;
        this.#places.set(name, { offset, shape });
        this.#adopt(parameter, { offset, shape }, offset < rounded ? this.#rounded! : this.values);
        const last = matrices.at(-1);
        if (ndim >= 2) {
          if (last && last[0] + last[1] === offset) last[1] += numel;
          else matrices.push([offset, numel]);
        }
        offset += numel;
      }
    });
    return matrices;
  }

  /** @param computed - the vector that the model computes with */
  #adopt(parameter: Tensor, place: Place, computed: Tensor): void {
    scope(() => {
      viewOf(this.values, place).copy_(parameter);
      const view = viewOf(computed, place);
      view.copy_(parameter);
      parameter.setData(view);
      parameter.requiresGrad_();
      parameter.setGrad(viewOf(this.gradients, place));
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

  /** Rounds the values into what the model computes with: to be called whenever they were written. */
  publish(): void {
    const rounded = this.#rounded;
    if (rounded !== null) noGrad(() => scope(() => rounded.copy_(this.values.narrow(0, 0, rounded.numel))));
  }

  /** The values of a parameter, a new view; undefined for one that is not trained. */
  valuesOf(name: string): Tensor | undefined {
    const place = this.#places.get(name);
    return place && viewOf(this.values, place);
  }

  /** Bytes of the values that the model does not itself compute with. */
  get masterBytes(): number {
    return (this.#rounded?.numel ?? 0) * itemSize[this.values.dtype];
  }

  dispose(): void {
    this.values.dispose();
    this.gradients.dispose();
    this.#rounded?.dispose();
  }
}

type Named = readonly [name: string, parameter: Tensor];

/** The trainable parameters: those that are computed with as they are, and those that are rounded. */
function sorted(module: Module, dtype: DType | undefined): { wide: Named[]; narrow: Named[] } {
  const kept = float32Parameters(module);
  const isNarrow = ([, parameter]: Named): boolean =>
    widened(parameter.dtype) !== parameter.dtype ||
    (dtype !== undefined && widened(dtype) !== dtype && !kept.has(parameter));
  const all = trainableParameters(module);
  return { wide: all.filter((one) => !isNarrow(one)), narrow: all.filter(isNarrow) };
}

function countOf(parameters: readonly Named[]): number {
  return parameters.reduce((sum, [, { numel }]) => sum + numel, 0);
}

function viewOf(vector: Tensor, { offset, shape }: Place): Tensor {
  return scope(() => {
    const length = shape.reduce((product, size) => product * size, 1);
    return vector.narrow(0, offset, length).view(shape);
  });
}
