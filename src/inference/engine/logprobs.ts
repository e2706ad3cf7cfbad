/**
 * @file Log-probabilities of tokens by the model itself, with the most probable alternatives: of chosen tokens, and of a
 * prompt's own.
 */
import type { LanguageModel } from '../../models/index.ts';
import { indices, scope, type Tensor } from '../../torch/index.ts';
import type { Chosen } from './sequence.ts';

/** Logits held at once while a prompt is scored, in elements: 64 MiB of float32. */
const MOST_LOGITS = 2 ** 24;

/** log-probabilities [B, V] of a token of each row. */
export function logprobsOf(logprobs: Tensor, tokens: Int32Array): Float32Array {
  const index = indices(tokens, [tokens.length, 1], logprobs.device);
  return logprobs.gather(1, index).squeeze(1).toFloat32Array();
}

/**
 * Tokens, one a row, with what the model holds of them.
 * @param logits - float32 [B, V]
 * @param most - alternatives for each
 */
export function report(logits: Tensor, tokens: Int32Array, most: number): Chosen[] {
  const logprobs = logits.logSoftmax(-1);
  const own = logprobsOf(logprobs, tokens);
  const width = Math.min(most, logits.size(1));
  const [values, order] = width === 0 ? [null, null] : logprobs.topk(width);
  const topValues = values?.flatten().toFloat32Array();
  const topTokens = order?.flatten().toInt32Array();
  return Array.from(tokens, (token, row) => {
    const top = Array.from({ length: width }, (_, i) => ({
      token: topTokens![row * width + i]!,
      logprob: topValues![row * width + i]!,
    }));
    return { token, logprob: own[row]!, top };
  });
}

/**
 * The tokens that follow the places whose states are given.
 * @param hidden - states after the final norm, [T, D]
 * @param tokens - T of them: the one after each place
 */
export function scoreTokens(
  model: LanguageModel,
  hidden: Tensor,
  tokens: Int32Array,
  most: number,
): Chosen[] {
  const portion = Math.max(1, Math.floor(MOST_LOGITS / model.config.vocabSize));
  const scored: Chosen[] = [];
  for (let at = 0; at < tokens.length; at += portion) {
    const part = tokens.slice(at, at + portion);
    scope(() => {
      scored.push(...report(model.logits(hidden.narrow(0, at, part.length)), part, most));
    });
  }
  return scored;
}
