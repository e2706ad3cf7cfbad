/**
 * @file Bytes that training gpt-oss takes for each token of a micro-batch, counted by operator, in the terms of
 * decoder-memory.ts.
 *
 * Attention with sinks keeps the queries as they are scaled, keys and values, what the softmax mixes and what the sink leaves of
 * it, H · d each, and for each of T tokens of the row the score and its probability in float32. An expert keeps, of each of the k
 * tokens, gate and up, 2 I; the gate clamped, its sigmoid, up clamped plus 1, and their products, 5 I.
 *
 * In the backward pass the gradients of scores and of probabilities are there at once, or those of the experts' tokens.
 */
import { itemSize } from '../../torch/index.ts';
import { kernelsOf, normBytes, type TokenMemory, type TrainedPass } from '../decoder-memory.ts';
import type { GptOssConfig } from './config.ts';

export function gptOssTokenMemory(config: GptOssConfig, pass: TrainedPass): TokenMemory {
  const { hiddenSize: D, headDim, experts } = config;
  const { kernels = kernelsOf(pass, { headDim }) } = pass;
  const { perToken: k, width: I } = experts;
  const s = itemSize[pass.dtype];
  const narrow = s < 4;
  const norm = normBytes(D, s, kernels);
  const router = 4 * k + (narrow ? 4 * D + s * k : 0) + 3 * 8 * k;
  const mixture = s * k * (2 * D + 7 * I) + router;
  const scores = config.heads * pass.length;
  return {
    layer: 2 * norm + attentionBytes(config, pass) + s * D + mixture,
    input: s * D,
    gradients: Math.max(s * (3 * k + 3) * D, 3 * 4 * scores),
    outside: norm + 3 * s * D,
  };
}

function attentionBytes({ hiddenSize: D, heads, kvHeads, headDim }: GptOssConfig, pass: TrainedPass): number {
  const s = itemSize[pass.dtype];
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  // With LoRA each adapted layer keeps an input of its own, in float32.
  const inputs = pass.lora && s < 4 ? 4 * (3 * D + queries) : s * (D + queries);
  const scores = heads * pass.length * (2 * 4 + (s < 4 ? s : 0));
  return inputs + s * (2 * queries + 2 * keys) + scores + 2 * 4 * heads;
}
