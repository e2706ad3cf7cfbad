/**
 * @file Choice among torch's fused attention kernels: one that reads the pass without the scores of all pairs of tokens.
 *
 * Flash attention (Dao, arXiv 2307.08691) reads half precision without a bias, grouped heads as they are, and windows.
 * Memory-efficient attention (Rabe and Staats, arXiv 2112.05682) reads float32 and a bias too, but each query head needs a
 * key head of its own. Both read documents that lie end to end in a row, from their boundaries (variable length). torch
 * falls back to composed attention, with a score for each pair in each layer, where neither fits.
 */
import { computeCapability, type DType, features, hasOperator, schemaOf } from '../../torch/index.ts';
import type { Stretch } from './segments.ts';

/** Largest head that the flash kernels take, forward and backward, on every GPU they run on. */
export const LARGEST_FLASH_HEAD = 128;

/** What decides on a kernel. */
export interface KernelOptions {
  readonly dtype: DType;
  readonly device: string;
  /** Dimensions of a head. */
  readonly headDim: number;
}

/** Flash attention runs from Ampere (8.0) on. */
function runsFlash({ dtype, device, headDim }: KernelOptions): boolean {
  if (dtype !== 'bfloat16' && dtype !== 'float16') return false;
  return headDim <= LARGEST_FLASH_HEAD && computeCapability(device) >= 8;
}

const groupsFlag = features.scaledDotProductAttention && takes('scaled_dot_product_attention', 'enable_gqa');

/** Whether `enable_gqa` leads to a kernel; everything else has to repeat keys and values for their query heads. */
export function readsGroups(options: KernelOptions, masked: boolean): boolean {
  return groupsFlag && !masked && runsFlash(options);
}

/** A kernel that reads documents from their boundaries. */
export type VarlenKernel = 'flash' | 'efficient';

/** Documents laid end to end, and what reads them. */
export interface Documents {
  readonly kernel: VarlenKernel;
  /** All of [B · T], in order. */
  readonly stretches: readonly Stretch[];
  /** Tokens a query looks back over, itself included; null for its whole document. */
  readonly window: number | null;
}

/** Both have had their present arguments since torch 2.4. */
const varlen = {
  flash: hasOperator('_flash_attention_forward') && takes('_flash_attention_forward', 'window_size_left'),
  efficient:
    hasOperator('_efficient_attention_forward') && takes('_efficient_attention_forward', 'window_size'),
} as const;

/**
 * The kernel that reads documents of any lengths without a mask; null where there is none: on a CPU, with an older torch,
 * with a window outside half precision, or with heads of a size that is no multiple of 8.
 */
export function varlenKernel(
  options: KernelOptions & { readonly window: number | null },
): VarlenKernel | null {
  const { dtype, device, headDim, window } = options;
  if (headDim % 8 !== 0) return null;
  if (varlen.flash && runsFlash(options)) return 'flash';
  const efficient =
    varlen.efficient && window === null && dtype !== 'float64' && computeCapability(device) >= 8;
  return efficient ? 'efficient' : null;
}

const readsLengths = varlen.flash && takes('_flash_attention_forward', 'seqused_k');

/** Whether flash attention reads rows that each use their own number of keys, one new token each. */
export function readsUsedKeys(options: KernelOptions): boolean {
  return readsLengths && options.headDim % 8 === 0 && runsFlash(options);
}

function takes(operator: string, argument: string): boolean {
  return schemaOf(operator).arguments.some(({ name }) => name === argument);
}
