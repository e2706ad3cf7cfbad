/**
 * @file Attention with a sink in each head (gpt-oss; Xiao et al. 2023, arXiv 2309.17453): one more score in the
 * softmax that has no value, so that a head may attend to nothing.
 *
 * With Z = Σ exp(score) and the sink s, the weights are exp(score) / (Z + eˢ): those without a sink, times σ(ln Z − s). Composed of
 * operators, with a score for each pair of tokens: the gradient of torch's fused kernels does not pass through ln Z.
 */
import { aten, ones, type Tensor, widened } from '../../torch/index.ts';
import type { AttentionMask } from './mask.ts';

const logsumexp = aten('logsumexp');

/**
 * @param q - [B, H, T, D]
 * @param k - [B, Hkv, S, D]
 * @param v - the same
 * @param mask - its bias is not laid out for groups of heads; no documents, no long rows
 * @param sinks - [H]
 * @returns [B, H, T, D]
 */
export function attendWithSinks(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { bias, causal }: AttentionMask,
  sinks: Tensor,
): Tensor {
  const [B, H, T, D] = q.shape as [number, number, number, number];
  const [, heads, S] = k.shape as [number, number, number, number];
  const groups = H / heads;
  // The query heads of one key head lie along T, so that keys and values are never repeated.
  const queries = q.mul(D ** -0.5).reshape([B, heads, groups * T, D]);
  const products = queries.matmul(k.transpose()).to(widened(q.dtype)).view([B, heads, groups, T, S]);
  const scores = causal ? products.maskedFill(ahead(T, S, q.device), -Infinity) : products;
  const seen = bias === null ? scores : scores.add(bias.unsqueeze(1));
  const weights = seen
    .softmax(-1)
    .to(v.dtype)
    .view([B, heads, groups * T, S]);
  const sum = logsumexp(seen, [-1], true) as Tensor;
  const kept = sum.sub(sinks.to(sum.dtype).view([1, heads, groups, 1, 1])).sigmoid();
  const mixed = weights.matmul(v).view([B, H, T, D]);
  return mixed.mul(kept.to(v.dtype).view([B, H, T, 1]));
}

/** bool [T, S]: keys behind a query, of the last T of S tokens. */
function ahead(T: number, S: number, device: string): Tensor {
  return ones([T, S], { dtype: 'bool', device }).triu(S - T + 1);
}
