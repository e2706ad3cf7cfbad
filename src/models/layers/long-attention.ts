/**
 * @file Attention over long documents by cuDNN, which on Hopper reads them faster than torch's flash attention does.
 *
 * cuDNN plans each new shape, forward and backward, in 50 to 100 ms; torch keeps the plans. So only documents of 4,096 tokens
 * and more go there, one a call, filled up to a multiple of 512 tokens: causal queries never see what is behind them, and
 * a run meets few lengths. Passes over a cache never do: each decoded token would be a shape of its own.
 */
import { aten, computeCapability, hasOperator, schemaOf, type Tensor } from '../../torch/index.ts';
import { type KernelOptions, LARGEST_FLASH_HEAD } from './attention-kernels.ts';

/** Tokens of the shortest document that is worth a plan. */
export const LONG = 4096;
/** Lengths are multiples of this. */
const STEP = 512;

const OPERATOR = '_scaled_dot_product_cudnn_attention';
/** With the arguments it has had since torch 2.5. */
const present = hasOperator(OPERATOR) && schemaOf(OPERATOR).arguments[3]?.name === 'attn_bias';
const pad = aten('constant_pad_nd');
const cudnn = present ? aten(OPERATOR) : null;

/** Whether cuDNN reads long documents of this kind: in half precision, on Hopper. */
export function readsLong({ dtype, device, headDim }: KernelOptions): boolean {
  if (cudnn === null || (dtype !== 'bfloat16' && dtype !== 'float16')) return false;
  if (headDim % 8 !== 0 || headDim > LARGEST_FLASH_HEAD) return false;
  return Math.floor(computeCapability(device)) === 9;
}

/**
 * Causal attention of whole documents of one length.
 * @param q - [B, H, T, D]
 * @param k - [B, Hkv, T, D], as v
 * @returns [B, H, T, D]
 */
export function attendLong(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const T = q.size(2);
  const rest = Math.ceil(T / STEP) * STEP - T;
  // Behind the tokens of [B, T, H, D], which is how the heads lie: the output then lies so too, and is not copied.
  const filled = (x: Tensor): Tensor =>
    rest === 0 ? x : (pad(x.transpose(1, 2), [0, 0, 0, 0, 0, rest]) as Tensor).transpose(1, 2);
  // Always with the sums that a gradient needs: a pass without history then has the plan of one with it.
  const [out] = cudnn!(filled(q), filled(k), filled(v), null, true, 0, true) as Tensor[];
  return rest === 0 ? out! : out!.transpose(1, 2).narrow(1, 0, T).transpose(1, 2);
}
