/**
 * @file A causal depthwise convolution over the last K tokens, then SiLU: y_t = silu(Σ_i w_i x_{t − K + 1 + i}).
 *
 * The window is what a row keeps of the tokens before: the last K − 1 of x. Sums are float32 at least, and so is y.
 */
import { aten, cat, empty, type Tensor, widened, zeros } from '../../torch/index.ts';
import { Module, type Placement } from './module.ts';

const addcmul = aten('addcmul');
const pad = aten('constant_pad_nd');

export class ShortConvolution extends Module {
  /** [columns, 1, K], as torch's Conv1d has it. */
  weight: Tensor;

  constructor(columns: number, taps: number, placement: Placement) {
    super();
    this.weight = empty([columns, 1, taps], placement);
  }

  /** K − 1: tokens that the window holds. */
  get reach(): number {
    return this.weight.size(2) - 1;
  }

  /**
   * @param x - [B, T, columns]
   * @param window - the tokens before, [B, K − 1, columns]; null for none
   * @param documents - a number for each document, int [B, T]: tokens see those of their own alone; null: a row is one
   * @returns y [B, T, columns], and the tokens that were read: the window, then x
   */
  forward(
    x: Tensor,
    window: Tensor | null,
    documents: Tensor | null,
  ): { readonly y: Tensor; readonly tokens: Tensor } {
    const { reach, weight } = this;
    const [B, T, columns] = x.shape as [number, number, number];
    const tokens = cat([window ?? zeros([B, reach, columns], x), x], 1);
    const numbers = documents === null ? null : (pad(documents, [reach, 0], -1) as Tensor);
    const dtype = widened(x.dtype);
    const wide = tokens.to(dtype);
    const taps = weight
      .to(dtype)
      .view([columns, reach + 1])
      .transpose(0, 1);
    let sum = wide.narrow(1, reach, T).mul(taps.select(0, reach));
    for (let tap = 0; tap < reach; tap++) {
      const seen = wide.narrow(1, tap, T);
      const same = numbers?.narrow(1, tap, T).eq(documents!).unsqueeze(2).to(dtype);
      sum = addcmul(sum, same === undefined ? seen : seen.mul(same), taps.select(0, tap)) as Tensor;
    }
    return { y: sum.silu(), tokens };
  }
}
