/**
 * @file Which of torch's fused attention kernels reads a pass: one that does not hold the scores of all pairs of tokens.
 *
 * Flash attention (Dao, arXiv 2307.08691) reads half precision without a bias, and grouped heads as they are. Memory-
 * efficient attention (Rabe and Staats, arXiv 2112.05682) reads float32 and a bias too, but each query head needs a key
 * head of its own. torch falls back to composed attention, with a score for each pair in each layer, where neither fits.
 */
import { computeCapability, features, schemaOf, type Tensor } from '../../torch/index.ts';

/** Largest head that the flash kernels take, forward and backward, on every GPU they run on. */
const LARGEST_FLASH_HEAD = 128;

/** What decides on a kernel: queries [..., D]. */
type Queries = Pick<Tensor, 'device' | 'dtype' | 'size'>;

/** Flash attention runs from Ampere (8.0) on. */
function runsFlash(q: Queries): boolean {
  const { dtype } = q;
  if (dtype !== 'bfloat16' && dtype !== 'float16') return false;
  return q.size(-1) <= LARGEST_FLASH_HEAD && computeCapability(q.device) >= 8;
}

const groupsFlag =
  features.scaledDotProductAttention &&
  schemaOf('scaled_dot_product_attention').arguments.some(({ name }) => name === 'enable_gqa');

/** Whether `enable_gqa` leads to a kernel; everything else has to repeat keys and values for their query heads. */
export function readsGroups(q: Queries, bias: Tensor | null): boolean {
  return groupsFlag && bias === null && runsFlash(q);
}
