/**
 * @file Int8Weight: a weight in whole numbers from −127 to 127, each row scaled by its largest absolute value.
 *
 * A row is one output of the layer. The scale is absmax / 127 in float32, as in the vector-wise quantisation of LLM.int8()
 * (Dettmers et al. 2022, arXiv 2208.07339, section 2.1), without its outliers in half precision.
 */
import { aten, type DType, empty, noGrad, scope, type Tensor } from '../../torch/index.ts';
import { MOST_ROWS, QuantisedKernels } from './quantised-kernel.ts';
import { QuantisedWeight } from './quantised-weight.ts';

const LARGEST = 127;
/** Weights that are in float32 at a time while a weight is quantised, at least a row. */
const CHUNK = 2 ** 23;
/** In place of the scale of a row of zeros. */
const SMALLEST = 1e-38;

const kernels = new QuantisedKernels('int8', { table: null, block: null });
const round = aten('round');
const product = aten('mul.out');
/** Of the addon (native/src/few-rows.cc), on the CPU. */
const fewRows = aten('aha::int8_linear');

export class Int8Weight extends QuantisedWeight {
  /** The 4 bytes of each row are left out. */
  static readonly bytesPerWeight = 1;
  /** int8 [out, in] */
  codes: Tensor;
  /** float32 [out, 1] */
  scale: Tensor;

  /** Memory only. */
  constructor(shape: readonly [out: number, inputs: number], device: string) {
    super(shape);
    this.codes = empty(shape, { dtype: 'int8', device });
    this.scale = empty([shape[0], 1], { device });
  }

  override get device(): string {
    return this.codes.device;
  }

  override store(weight: Tensor): void {
    const [out, inputs] = this.shape;
    const rows = Math.max(1, Math.floor(CHUNK / inputs));
    noGrad(() => {
      for (let start = 0; start < out; start += rows) {
        scope(() => {
          const count = Math.min(rows, out - start);
          const values = weight.narrow(0, start, count).to(this.device).to('float32');
          const scale = values.abs().amax(1, true).div(LARGEST);
          this.codes.narrow(0, start, count).copy_(round(values.div(scale.clamp(SMALLEST, null))) as Tensor);
          this.scale.narrow(0, start, count).copy_(scale);
        });
      }
    });
  }

  override dequantised(dtype: DType): Tensor {
    return kernels.dequantised(this.scale, this.codes, this.shape, dtype) ?? this.#composed(dtype);
  }

  override product(x: Tensor, bias: Tensor | null): Tensor | null {
    return kernels.product(x, this.scale, this.codes, this.shape[0], bias) ?? this.#onCpu(x, bias);
  }

  #onCpu(x: Tensor, bias: Tensor | null): Tensor | null {
    const isFew = x.numel <= MOST_ROWS * this.shape[1];
    if (this.device !== 'cpu' || !isFew || x.requiresGrad) return null;
    return fewRows(x, this.codes, this.scale, bias) as Tensor;
  }

  /** The dequantised weight of torch's operators. */
  #composed(dtype: DType): Tensor {
    return noGrad(() =>
      scope(() => {
        const weight = empty(this.shape, { dtype, device: this.device });
        product(this.codes, this.scale, { out: weight });
        return weight;
      }),
    );
  }
}
