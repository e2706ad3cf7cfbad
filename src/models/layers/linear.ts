/** @file Linear: y = x Wᵀ + b, with the addition of LoRA where it has one, over a weight that may be quantised. */
import { type DType, empty, linear, scope, type Tensor } from '../../torch/index.ts';
import { fewRowsLinear } from './few-rows.ts';
import type { LowRank } from './low-rank.ts';
import { Module, type Placement } from './module.ts';
import { type QuantisedWeight, quantisedLinear } from './quantised-weight.ts';

/** A linear layer; parameters `weight` and, where it has one, `bias`. */
export class Linear extends Module {
  /** [out, in]; without memory, on the device `meta`, where the layer is quantised */
  weight: Tensor;
  /** What the layer holds in place of its weight; null where it is not quantised. */
  quantised: QuantisedWeight | null = null;
  /** [out], or null */
  bias: Tensor | null;
  /** Few rows on a CPU are multiplied by a kernel of their own: see few-rows.ts. */
  readsFewRows = false;
  /** See lora.ts. */
  lora: LowRank | null = null;

  /** Memory only: the values are loaded or drawn afterwards. */
  constructor(inFeatures: number, outFeatures: number, hasBias: boolean, placement: Placement) {
    super();
    this.weight = empty([outFeatures, inFeatures], placement);
    this.bias = hasBias ? empty([outFeatures], placement) : null;
  }

  /** [..., in] → [..., out] */
  forward(x: Tensor): Tensor {
    const { lora } = this;
    if (lora === null) return this.#product(x);
    // The parts are as large as the output: without a scope they would stay until the layer above ends.
    return scope(() => this.#product(x).add(lora.forward(x)));
  }

  /** Without LoRA's addition. */
  #product(x: Tensor): Tensor {
    const { quantised, weight, bias } = this;
    if (quantised !== null) return quantisedLinear(x, quantised, bias);
    return this.readsFewRows ? fewRowsLinear(x, weight, bias) : linear(x, weight, bias);
  }

  /** The weight that it applies, [out, in]: dequantised, with LoRA's addition. A new tensor where it is not `weight` itself. */
  appliedWeight(dtype: DType): Tensor {
    const { quantised, weight, lora } = this;
    return scope(() => {
      const own = quantised === null ? weight : quantised.dequantised(dtype);
      return lora === null ? own : own.add(lora.delta().to(dtype));
    });
  }

  /** Where it computes. */
  get device(): string {
    return (this.quantised ?? this.weight).device;
  }

  /** A quantised layer has no `weight`, but the tensors of `quantised`. */
  override namedParameters(prefix = ''): [name: string, parameter: Tensor][] {
    const all = super.namedParameters(prefix);
    return this.quantised === null ? all : all.filter(([, parameter]) => parameter !== this.weight);
  }
}
