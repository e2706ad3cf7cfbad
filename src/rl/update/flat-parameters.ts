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
 * On a GPU with fused kernels, layers that read the same input and whose weights are neighbours are joined, see
 * JointLinears: a weight of theirs is one more view of the vectors.
 */
import {
  float32Parameters,
  JointLinears,
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
  readonly #joints: readonly (readonly [joint: JointLinears, weight: Tensor])[];
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
    const [rounded, exact] = [countOf(narrow), countOf(wide)];
    this.values = empty([rounded + exact], options);
    this.gradients = zeros([rounded + exact], options);
    this.#rounded = rounded === 0 ? null : empty([rounded], { ...options, dtype: dtype ?? first.dtype });
    this.matrices = this.#adoptAll([...narrow, ...wide], rounded);
    this.#joints = runsKernels(options.device, dtype ?? first.dtype) ? this.#joinAll(module, rounded) : [];
  }

  /** Joins the layers of each JointLinears whose weights lie one behind the other. */
  #joinAll(module: Module, rounded: number): [JointLinears, Tensor][] {
    const places = new Map([...module.stateDict()].map(([name, weight]) => [weight, this.#places.get(name)]));
    return jointsIn(module).flatMap((joint): [JointLinears, Tensor][] => {
      const own = joint.layers.map(({ weight }) => places.get(weight));
      const place = joint.plain ? joinedPlace(own) : null;
      if (place === null) return [];
      const computed = place.offset < rounded ? this.#rounded! : this.values;
      const weight = keep(noGrad(() => scope(() => viewOf(computed, place).detach())));
      this.#train(weight, place);
      joint.join(weight);
      return [[joint, weight]];
    });
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
      this.#train(parameter, place);
    });
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
    for (const [joint, weight] of this.#joints) {
      joint.join(null);
      dispose(weight);
    }
    for (const accumulation of this.#accumulations) accumulation.dispose();
    this.values.dispose();
    this.gradients.dispose();
    this.#rounded?.dispose();
  }
}

/** The JointLinears anywhere in a module. */
function jointsIn(module: Module): JointLinears[] {
  return Object.entries(module).flatMap(([field, value]) => {
    if (value instanceof JointLinears) return [value];
    return [...submodules(field, value)].flatMap(([, child]) => jointsIn(child));
  });
}

/** The place of matrices that are neighbours, in their order, as one; null where they are none. */
function joinedPlace(places: readonly (Place | undefined)[]): Place | null {
  const [first] = places;
  if (first === undefined) return null;
  let [end, rows] = [first.offset, 0];
  for (const place of places) {
    if (place === undefined || place.offset !== end) return null;
    rows += place.shape[0]!;
    end += place.shape[0]! * place.shape[1]!;
  }
  return { offset: first.offset, shape: [rows, first.shape[1]!] };
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
