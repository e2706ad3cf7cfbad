/**
 * @file QuantisedWeight: the weight of a frozen linear layer, held in 8 or 4 bits and dequantised for each product.
 *
 * QLoRA (Dettmers et al. 2023, arXiv 2305.14314) trains LoRA over such weights. Its fields are tensors without a gradient.
 */
import { type DType, itemSize, linear, scope, type Tensor } from '../../torch/index.ts';
import { Module } from './module.ts';

export abstract class QuantisedWeight extends Module {
  readonly shape: readonly [out: number, inputs: number];

  constructor(shape: readonly [out: number, inputs: number]) {
    super();
    this.shape = shape;
  }

  /** Where its codes are. */
  abstract get device(): string;

  /** Quantises a weight of its shape, from any device and dtype; little of it is in float32 at a time. */
  abstract store(weight: Tensor): void;

  /** A new tensor [out, in] without history. Until it is freed it takes as much memory as a weight that is not quantised. */
  abstract dequantised(dtype: DType): Tensor;

  /**
   * x Wᵀ + bias of a few rows without dequantising the weight: [..., in] → [..., out]. null where no kernel computes it, as
   * for many rows or an x with history.
   */
  abstract product(x: Tensor, bias: Tensor | null): Tensor | null;

  /** Its scales are computed with in float32. */
  override get keepsFloat32(): boolean {
    return true;
  }

  /** Moves it to a device; a dtype is that of the layer and changes nothing here. */
  override to(target: DType | (string & {})): this {
    return Object.hasOwn(itemSize, target) ? this : super.to(target);
  }
}

/** x Wᵀ + bias in the dtype of x: [..., in] → [..., out]. */
export function quantisedLinear(x: Tensor, weight: QuantisedWeight, bias: Tensor | null): Tensor {
  return weight.product(x, bias) ?? scope(() => linear(x, weight.dequantised(x.dtype), bias));
}
