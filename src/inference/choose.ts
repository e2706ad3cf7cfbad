/**
 * @file Choosing the next token: greedy, or a draw at a temperature from the top k and the top p of the mass.
 *
 * The log-probability kept for training is that of the tempered distribution before top-k and top-p cut it: it is
 * what the trainer computes again from the same weights, so that their distance measures numerics alone.
 */
import {
  arange,
  exponentialLike,
  type Generator,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '../torch/index.ts';

export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Smallest set of tokens whose probability reaches this; 1 keeps all. */
  readonly topP?: number;
  /** The k most probable tokens; 0 keeps all. */
  readonly topK?: number;
}

export interface Choice {
  /** int64 [B] */
  readonly tokens: Tensor;
  /** log π at the sampling temperature, float32 [B] */
  readonly logprobs: Tensor;
}

/**
 * One token per row.
 * @param logits - float32 [B, V]
 * @param generator - needed unless the temperature is 0
 */
export function choose(logits: Tensor, options: SamplingOptions, generator?: Generator): Choice {
  const { temperature, topP = 1, topK = 0 } = options;
  const greedy = temperature === 0;
  const logprobs = (greedy || temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1);
  const tokens = greedy ? logprobs.argmax(-1) : draw(keepTop(logprobs, topK, topP), generator);
  return { tokens, logprobs: logprobs.gather(1, tokens.unsqueeze(1)).squeeze(1) };
}

/** A draw from softmax(logprobs): the first of exponential clocks with those rates to ring. */
function draw(logprobs: Tensor, generator?: Generator): Tensor {
  return logprobs.exp().div(exponentialLike(logprobs, generator)).argmax(-1);
}

/** −∞ for tokens outside the top k, then outside the top p (nucleus; Holtzman et al. 2020). [B, V] */
function keepTop(logprobs: Tensor, topK: number, topP: number): Tensor {
  const kept = topK > 0 && topK < logprobs.size(-1) ? keepTopK(logprobs, topK) : logprobs;
  return topP < 1 ? keepTopP(kept, topP) : kept;
}

function keepTopK(logprobs: Tensor, k: number): Tensor {
  const [values] = logprobs.topk(k);
  return logprobs.maskedFill(logprobs.lt(values.narrow(-1, k - 1, 1)), -Infinity);
}

function keepTopP(logprobs: Tensor, p: number): Tensor {
  const [sorted, order] = logprobs.sort(-1, true);
  const probabilities = sorted.softmax(-1);
  // A token stays while the mass before it is below p: the first always does.
  const outside = probabilities.cumsum(-1).sub(probabilities).ge(p);
  const cut = where(outside, zerosLike(sorted).sub(Infinity), sorted);
  return cut.gather(1, order.argsort(-1));
}

/**
 * −∞ for tokens outside each row's own top k and then its own top p, as `choose` cuts all rows alike.
 * @param logprobs - [B, V]
 * @param topK - per row; 0 keeps all
 * @param topP - per row; 1 keeps all
 */
export function keepTopOfRows(logprobs: Tensor, topK: readonly number[], topP: readonly number[]): Tensor {
  const { device } = logprobs;
  const [B, V] = logprobs.shape as [number, number];
  const column = (values: number[]): Tensor => tensor(values, [B, 1], { device });
  const [sorted, order] = logprobs.sort(-1, true);
  const beyondK = arange(0, V, { device })
    .unsqueeze(0)
    .ge(column(topK.map((k) => (k > 0 ? k : V))));
  const first = sorted.maskedFill(beyondK, -Infinity);
  const probabilities = first.softmax(-1);
  // The mass before the last tokens may round to 1: only 2 is beyond it.
  const limits = column(topP.map((p) => (p < 1 ? p : 2)));
  const beyondP = probabilities.cumsum(-1).sub(probabilities).ge(limits);
  return first.maskedFill(beyondP, -Infinity).gather(1, order.argsort(-1));
}
