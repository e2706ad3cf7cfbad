/**
 * @file The draw of tokens inside of a static step: from softmax probabilities, by one uniform number a row.
 *
 * As in choose.ts the token is the one at which the summed probabilities pass the number. A sum along a vocabulary is slow on
 * a GPU, so probabilities are summed in chunks first: the number finds its chunk, what is left of it the token in there.
 */
import { aten, type Tensor, where } from '../../torch/index.ts';
import { cumulative } from './cumulative.ts';
import { cutRows } from './cut.ts';

/** Tokens, int64 [B], and their log-probabilities, [B]. */
export interface DrawnTokens {
  readonly tokens: Tensor;
  readonly logprobs: Tensor;
}

/** Tokens of a chunk, about; a vocabulary of fewer than its square is one chunk. */
const CHUNK = 128;

/** The most probable tokens. @param logits - [B, V] */
export function likeliest(logits: Tensor): DrawnTokens {
  const tokens = logits.argmax(-1);
  return { tokens, logprobs: at(logits.logSoftmax(-1), tokens) };
}

/**
 * @param logits - at the temperature of each row, [B, V]
 * @param uniforms - in [0, 1), [B]
 */
export function drawn(logits: Tensor, uniforms: Tensor): DrawnTokens {
  const probabilities = logits.softmax(-1);
  const tokens = inverse(probabilities, uniforms.unsqueeze(1));
  return { tokens, logprobs: at(probabilities, tokens).log() };
}

/** As `drawn`, but the most probable token where the number is below 0. */
export function drawnOrLikeliest(logits: Tensor, uniforms: Tensor): DrawnTokens {
  const probabilities = logits.softmax(-1);
  const found = inverse(probabilities, uniforms.clamp(0, null).unsqueeze(1));
  const tokens = where(uniforms.lt(0), logits.argmax(-1), found);
  return { tokens, logprobs: at(probabilities, tokens).log() };
}

/**
 * As the chooser (choose.ts), in the same operators: a token of what each row's cut leaves, at the temperature of the row, or
 * the most probable one where the number is below 0. The log-probabilities are those before the cut.
 * @param kept - see cutRows; so `mass`
 */
export function drawnOfCut(
  { logits, temperatures }: { readonly logits: Tensor; readonly temperatures: Tensor },
  { kept, mass }: { readonly kept: Tensor; readonly mass: Tensor },
  uniforms: Tensor,
): DrawnTokens {
  const logprobs = logits.div(temperatures.unsqueeze(1)).logSoftmax(-1);
  const probabilities = cutRows(logprobs, kept.unsqueeze(1), mass.unsqueeze(1)).exp();
  const width = logits.device === 'cpu' ? logits.size(1) : chunkOf(logits.size(1));
  const found = inverse(probabilities, uniforms.clamp(0, null).unsqueeze(1), width);
  const tokens = where(uniforms.lt(0), logits.argmax(-1), found);
  return { tokens, logprobs: at(logprobs, tokens) };
}

/** One entry of each row. */
function at(rows: Tensor, index: Tensor): Tensor {
  return rows.gather(1, index.unsqueeze(1)).squeeze(1);
}

/** @returns int64 [B]; of probabilities that are not NaN always a token that has some */
function inverse(probabilities: Tensor, uniforms: Tensor, width = chunkOf(probabilities.size(1))): Tensor {
  const [B, V] = probabilities.shape as [number, number];
  if (width === V) return passed(probabilities, uniforms).index.squeeze(1);
  const chunks = probabilities.view([B, V / width, width]);
  const weights = chunks.sum(-1);
  const { index, sums, marks } = passed(weights, uniforms);
  const before = sums.gather(1, index).sub(weights.gather(1, index));
  const own = chunks.gather(1, index.unsqueeze(2).expand([B, 1, width])).squeeze(1);
  const inside = passed(own, marks.sub(before), false).index;
  return index.mul(width).add(inside).squeeze(1);
}

/** The divisor of a vocabulary's size that is nearest to a chunk's; all of it where there is none. */
function chunkOf(V: number): number {
  if (V < CHUNK * CHUNK) return V;
  for (let width = CHUNK; width <= 8 * CHUNK; width++) if (V % width === 0) return width;
  for (let width = CHUNK; width >= CHUNK / 4; width--) if (V % width === 0) return width;
  return V;
}

const searchSorted = aten('searchsorted.Tensor');

interface Passed {
  /** int64 [B, 1] */
  readonly index: Tensor;
  /** Summed weights, [B, n]. */
  readonly sums: Tensor;
  /** What they had to pass, [B, 1]. */
  readonly marks: Tensor;
}

/**
 * Where the summed weights pass a mark.
 * @param weights - [B, n]
 * @param wanted - marks, [B, 1]: shares of the whole sum, or as they are
 */
function passed(weights: Tensor, wanted: Tensor, areShares = true): Passed {
  const sums = cumulative(weights);
  const last = sums.size(-1) - 1;
  const marks = areShares ? wanted.mul(sums.narrow(-1, last, 1)) : wanted;
  const found = (searchSorted(sums, marks, false, true) as Tensor).clamp_(null, last);
  // Sums in parallel need not rise everywhere, and rounding may lead beyond the last weight: what has none is not met.
  const index = where(weights.gather(1, found).gt(0), found, weights.argmax(-1, true));
  return { index, sums, marks };
}
