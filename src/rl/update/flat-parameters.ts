/**
 * @file FlatParameters: the trained parameters of a model as one vector, and their gradients as another.
 *
 * Each parameter is a view of the vectors, so that zeroing, clipping and an optimiser step are a few operators over all
 * parameters at once instead of a few for each, and gradients accumulate in place over micro-batches.
 *
 * Mixed precision (Micikevicius et al. 2018, arXiv 1710.03740, section 3.1): a model that computes in bfloat16 has its
 * parameters in a third vector, rounded from the float32 values that the optimiser changes. Steps too small for
 * bfloat16 add up in these. Autograd adds each bfloat16 gradient to a float32 one.
 *
 * On a GPU with fused kernels, layers that read the same input are joined, see JointLinears: a weight of theirs is one more
 * view of what the model computes with. In the rounded vector the weights of such layers are neighbours, and so are their
 * biases, whatever lies between them in the values, whose order is that of the module and of saved states.
 */
import {
  float32Parameters,
  JointLinears,
  type JointWeights,
  type Module,
  submodules,
  trainableParameters,
} from '../../models/layers/index.ts';
import {
  type Accumulation,
  accumulateInto,
  type DType,
  dispose,
  empty,
  itemSize,
  keep,
  noGrad,
  runsKernels,
  scope,
  type Tensor,
  widened,
  zeros,
} from '../../torch/index.ts';
import { merged, type Named, type Rounding, roundedPlace, roundingOf } from './rounding.ts';

/** A parameter's place in the vectors. */
interface Place {
  readonly offset: number;
  readonly shape: readonly number[];
  /** Where it begins in the vector that the model computes with. */
  readonly computed: number;
}

export class FlatParameters {
  /** [N], all trained parameters end to end, float32 at least: what the optimiser changes. */
  readonly values: Tensor;
  /** [N], their accumulated gradients, of the same dtype. */
  readonly gradients: Tensor;
  /** Ranges of parameters with at least two dimensions: what is usually decayed. Adjacent ranges are merged. */
  readonly matrices: readonly (readonly [start: number, length: number])[];
  /** Of the first M values; null where the model computes with the values themselves. */
  readonly rounding: Rounding | null;
  readonly #places = new Map<string, Place>();
  readonly #joints: readonly (readonly [joint: JointLinears, weights: JointWeights])[];
  /** What accumulates gradients in place of torch. */
  readonly #accumulations: Accumulation[] = [];

  /**
   * Takes over the memory of the module's trainable parameters, on one device.
   * @param dtype - what the module is to compute in, but for its float32Parameters; as it is unless given
   */
  constructor(module: Module, dtype?: DType) {
    const { wide, narrow } = sorted(module, dtype);
    const first = narrow[0]?.[1] ?? wide[0]?.[1];
    if (first === undefined) throw new TypeError('a module without parameters cannot be trained');
    const options = { dtype: widened(first.dtype), device: first.device };
    const kernels = runsKernels(options.device, dtype ?? first.dtype);
    const joints = kernels ? jointsIn(module).filter(({ plain }) => plain) : [];
    const [rounded, exact] = [countOf(narrow), countOf(wide)];
    this.values = empty([rounded + exact], options);
    this.gradients = zeros([rounded + exact], options);
    this.rounding = rounded === 0 ? null : roundingOf(narrow, joints, dtype ?? first.dtype);
    this.matrices = this.#adoptAll([...narrow, ...wide], rounded);
    this.#joints = this.#joinAll(joints, module);
  }

  #joinAll(joints: readonly JointLinears[], module: Module): [JointLinears, JointWeights][] {
    const places = new Map([...module.stateDict()].map(([name, one]) => [one, this.#places.get(name)]));
    return joints.flatMap((joint): [JointLinears, JointWeights][] => {
      const { layers } = joint;
      const [{ bias: first }] = layers as [JointLinears['layers'][number]];
      const weight = this.#joined(layers.map((layer) => places.get(layer.weight)));
      const bias = first === null ? null : this.#joined(layers.map((layer) => places.get(layer.bias!)));
      if (weight === null || (first !== null && bias === null)) {
        dispose([weight, bias]);
        return [];
      }
      const weights = { weight, bias };
      joint.join(weights);
      return [[joint, weights]];
    });
  }

  /** A leaf over parameters that the model computes with as neighbours; null where they are none. */
  #joined(parts: readonly (Place | undefined)[]): Tensor | null {
    const places = parts.filter((place) => place !== undefined);
    const [first] = places;
    if (first === undefined || places.length < parts.length || !areNeighbours(places)) return null;
    const rows = places.reduce((sum, { shape }) => sum + shape[0]!, 0);
    const place = { ...first, shape: [rows, ...first.shape.slice(1)] };
    const leaf = keep(noGrad(() => scope(() => this.#computedView(place).detach())));
    const stretches = merged(
      places.map(({ computed, offset, shape }) => ({
        from: computed - first.computed,
        to: offset,
        count: sizeOf(shape),
      })),
    );
    if (stretches.length === 1) {
      this.#train(leaf, place);
      return leaf;
    }
    const accumulation = accumulateInto(leaf.requiresGrad_(), this.gradients, stretches);
    if (accumulation === null) {
      leaf.dispose();
      return null;
    }
    this.#accumulations.push(accumulation);
    return leaf;
  }

  /** @param rounded - values that the model computes with rounded: the first */
  #adoptAll(parameters: readonly Named[], rounded: number): [start: number, length: number][] {
    const matrices: [number, number][] = [];
    let offset = 0;
    noGrad(() => {
      for (const [name, parameter] of parameters) {
        const { shape, numel, ndim } = parameter;
        const computed = offset < rounded ? roundedPlace(this.rounding!, offset) : offset;
        const place = { offset, shape, computed };
        this.#places.set(name, place);
        this.#adopt(parameter, place);
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

  #adopt(parameter: Tensor, place: Place): void {
    scope(() => {
      viewOf(this.values, place).copy_(parameter);
      const view = this.#computedView(place);
      view.copy_(parameter);
      parameter.setData(view);
      this.#train(parameter, place);
    });
  }

  /** Of the vector that the model computes with. */
  #computedView({ offset, shape, computed }: Place): Tensor {
    const rounded = this.rounding?.vector;
    const vector = rounded !== undefined && offset < rounded.numel ? rounded : this.values;
    return viewOf(vector, { offset: computed, shape });
  }

  /** Makes a tensor over a place of the values a leaf whose gradients go to the same place of the gradients. */
  #train(leaf: Tensor, place: Place): void {
    scope(() => {
      leaf.requiresGrad_();
      const gradient = viewOf(this.gradients, place);
      leaf.setGrad(gradient);
      const accumulation = accumulateInto(leaf, gradient);
      if (accumulation !== null) this.#accumulations.push(accumulation);
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
    const { rounding, values } = this;
    if (rounding === null) return;
    noGrad(() =>
      scope(() => {
        for (const { from, to, count } of rounding.stretches)
          rounding.vector.narrow(0, to, count).copy_(values.narrow(0, from, count));
      }),
    );
  }

  /** The values of a parameter, a new view; undefined for one that is not trained. */
  valuesOf(name: string): Tensor | undefined {
    const place = this.#places.get(name);
    return place && viewOf(this.values, place);
  }

  /** Bytes of the values that the model does not itself compute with. */
  get masterBytes(): number {
    return (this.rounding?.vector.numel ?? 0) * itemSize[this.values.dtype];
  }

  dispose(): void {
    for (const [joint, weights] of this.#joints) {
      joint.join(null);
      dispose(weights);
    }
    for (const accumulation of this.#accumulations) accumulation.dispose();
    this.values.dispose();
    this.gradients.dispose();
    this.rounding?.vector.dispose();
  }
}

/** The JointLinears anywhere in a module. */
function jointsIn(module: Module): JointLinears[] {
  return Object.entries(module).flatMap(([field, value]) => {
    if (value instanceof JointLinears) return [value];
    return [...submodules(field, value)].flatMap(([, child]) => jointsIn(child));
  });
}

/** Whether parameters lie one behind the other where the model computes with them. */
function areNeighbours(places: readonly Place[]): boolean {
  let end = places[0]!.computed;
  return places.every(({ computed, shape }) => {
    const follows = computed === end;
    end += sizeOf(shape);
    return follows;
  });
}

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

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function viewOf(vector: Tensor, { offset, shape }: Pick<Place, 'offset' | 'shape'>): Tensor {
  return scope(() => vector.narrow(0, offset, sizeOf(shape)).view(shape));
}
