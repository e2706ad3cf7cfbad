/**
 * @file Attention of one new token a row over keys and values of which each row uses its own number, without a mask.
 *
 * FlashAttention (Dao 2023) for sequences that are laid end to end takes where each begins and how many of its keys are used.
 * Rows of a cache pool are such sequences wherever they lie: the keys are read in place, and none beyond a row's end.
 */
import { aten, type Tensor } from '../../torch/index.ts';
import { type KernelOptions, readsUsedKeys } from './attention-kernels.ts';

/** Where the keys and values of B rows are. */
export interface KeyRows {
  /** [X, heads, columns, width], contiguous. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** Where each row begins in them, in vectors of `width`, and one more number: int32 [B + 1]. */
  readonly offsets: Tensor;
  /** Keys that each row uses, int32 [B]. */
  readonly used: Tensor;
  /** 0 … B, int32 [B + 1]. */
  readonly queries: Tensor;
  /** No row uses more keys. */
  readonly most: number;
}

/** [B, H, 1, D] → [B, H, 1, D] */
export type LengthAttention = (query: Tensor, rows: KeyRows) => Tensor;

/** The kernel, where this torch and this device have it for keys and values of these widths; else null. */
export function lengthAttention(
  { dtype, device }: Pick<KernelOptions, 'dtype' | 'device'>,
  widths: readonly number[],
): LengthAttention | null {
  const [headDim, other, ...more] = widths;
  if (headDim === undefined || other !== headDim || more.length > 0) return null;
  return readsUsedKeys({ dtype, device, headDim }) ? attend : null;
}

const flash = aten('_flash_attention_forward');
const asStrided = aten('as_strided');

function attend(query: Tensor, { keys, values, offsets, used, queries, most }: KeyRows): Tensor {
  const [B, H, , D] = query.shape as [number, number, number, number];
  const [first] = flash(
    query.reshape([B, H, D]),
    vectorsOf(keys),
    vectorsOf(values),
    queries,
    offsets,
    1,
    most,
    0,
    false,
    false,
    { seqused_k: used },
  ) as [Tensor];
  return first.view([B, H, 1, D]);
}

/** [X, heads, columns, width] → [vectors, heads, width]: entry i of head h is vector i + h · columns. */
function vectorsOf(pool: Tensor): Tensor {
  const [X, heads, columns, width] = pool.shape as [number, number, number, number];
  const vectors = (X * heads - heads + 1) * columns;
  return asStrided(pool, [vectors, heads, width], [width, columns * width, 1], null) as Tensor;
}
