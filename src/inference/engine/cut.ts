/** @file Top-k and top-p (nucleus; Holtzman et al. 2020): −∞ for the tokens outside, for all rows alike or each its own. */
import { aten, indices, type Tensor, tensor, zerosLike } from '../../torch/index.ts';
import { cumulative } from './cumulative.ts';

/** How the tail of a distribution is cut off. */
export interface Cut {
  /** The k most probable tokens; 0 keeps all. */
  readonly topK: number;
  /** Smallest set of tokens whose probability reaches this, among those that top k leaves; 1 keeps all. */
  readonly topP: number;
}

/** @param logprobs - [B, V]; one cut for each row */
export function cutTails(logprobs: Tensor, cuts: readonly Cut[]): Tensor {
  const [{ topK, topP }] = cuts as readonly [Cut, ...Cut[]];
  if (!cuts.every((cut) => cut.topK === topK && cut.topP === topP)) return cutEach(logprobs, cuts);
  const kept = topK > 0 && topK < logprobs.size(-1) ? keepTopK(logprobs, topK) : logprobs;
  return topP < 1 ? keepTopP(kept, topP) : kept;
}

const scatter = aten('scatter.src');

function keepTopK(logprobs: Tensor, k: number): Tensor {
  const [values] = logprobs.topk(k);
  return logprobs.maskedFill(logprobs.lt(values.narrow(-1, k - 1, 1)), -Infinity);
}

function keepTopP(logprobs: Tensor, p: number): Tensor {
  const [sorted, order] = logprobs.sort(-1, true);
  const probabilities = sorted.softmax(-1);
  // A token stays while the mass before it is below p: the first always does.
  const outside = cumulative(probabilities).sub(probabilities).ge(p);
  return scatter(zerosLike(sorted), 1, order, sorted.maskedFill(outside, -Infinity)) as Tensor;
}

function cutEach(logprobs: Tensor, cuts: readonly Cut[]): Tensor {
  const { device } = logprobs;
  const [B, V] = logprobs.shape as [number, number];
  const numbers = cuts.map((cut) => cutNumbers(cut, V));
  return cutRows(
    logprobs,
    indices(
      numbers.map(({ kept }) => kept),
      [B, 1],
      device,
    ),
    tensor(
      numbers.map(({ mass }) => mass),
      [B, 1],
      { device },
    ),
  );
}

/** A cut of a vocabulary as `cutRows` takes it. */
export function cutNumbers(
  { topK, topP }: Cut,
  vocabulary: number,
): { readonly kept: number; readonly mass: number } {
  return {
    kept: topK > 0 ? Math.min(topK, vocabulary) : vocabulary,
    // The mass before the last tokens may round to 1: only 2 is beyond it.
    mass: topP < 1 ? topP : 2,
  };
}

/**
 * −∞ for what each row's own cut leaves out.
 * @param logprobs - [B, V]
 * @param kept - tokens that top k leaves, those as probable as the last besides; int64 [B, 1]
 * @param mass - a token stays while the probability of those before it is below this, [B, 1]
 */
export function cutRows(logprobs: Tensor, kept: Tensor, mass: Tensor): Tensor {
  const [sorted, order] = logprobs.sort(-1, true);
  const first = sorted.maskedFill(sorted.lt(sorted.gather(1, kept.sub(1))), -Infinity);
  const probabilities = first.softmax(-1);
  const beyond = cumulative(probabilities).sub(probabilities).ge(mass);
  return scatter(zerosLike(sorted), 1, order, first.maskedFill(beyond, -Infinity)) as Tensor;
}
