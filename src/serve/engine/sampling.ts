/**
 * @file Choosing the next token of rows that each have their own settings, by the rules of rollout/choose.ts.
 *
 * In order: penalties and biases on the logits, the tokens a constraint leaves, temperature, top-k and top-p, a draw
 * from the row's own random stream. So what a row gets does not depend on which rows share its batch, but for the
 * rounding of the model itself. Log-probabilities are of the model's own distribution, before all that.
 */

import { keepTopOfRows } from '../../rollout/index.ts';
import {
  aten,
  exponentialLike,
  indices,
  onesLike,
  scope,
  stack,
  type Tensor,
  tensor,
} from '../../tensor/index.ts';
import type { Chosen, SamplingRow, TokenRule } from './choice.ts';
import type { TokenMasks } from './token-masks.ts';

/** One row of the batch. */
export interface RowChoice {
  readonly sampling: SamplingRow;
  readonly rule: TokenRule;
}

/**
 * One token per row; `null` where the row's logits are NaN.
 * @param logits - float32 [B, V]
 */
export function chooseRows(logits: Tensor, rows: readonly RowChoice[], masks: TokenMasks): (Chosen | null)[] {
  return scope(() => {
    const weighed = restrict(adjust(logits, rows), rows, masks);
    const chosen = draw(weighed, rows);
    const forced = rows.map(({ rule }, row) => rule.forced ?? chosen[row]!);
    const finite = areNumbers(logits, forced);
    const told = report(logits, rows, forced);
    return rows.map((_, row) =>
      finite[row] ? { token: forced[row]!, ...(told?.[row] ?? { logprob: null, top: [] }) } : null,
    );
  });
}

const indexAdd = aten('index_add');

/** Penalties and biases, [B, V]; the logits themselves where there are none. */
function adjust(logits: Tensor, rows: readonly RowChoice[]): Tensor {
  const places: number[] = [];
  const amounts: number[] = [];
  const vocabulary = logits.size(1);
  for (const [row, { sampling }] of rows.entries()) {
    const { presencePenalty, frequencyPenalty, counts, bias } = sampling;
    for (const [token, amount] of bias) {
      places.push(row * vocabulary + token);
      amounts.push(amount);
    }
    if (presencePenalty === 0 && frequencyPenalty === 0) continue;
    for (const [token, count] of counts) {
      places.push(row * vocabulary + token);
      amounts.push(-presencePenalty - frequencyPenalty * count);
    }
  }
  if (places.length === 0) return logits;
  const { device } = logits;
  const added = tensor(amounts, undefined, { device });
  const sum = indexAdd(logits.reshape([-1]), 0, indices(places, undefined, device), added) as Tensor;
  return sum.view(logits.shape);
}

/** −∞ where a row's constraint forbids a token. */
function restrict(logits: Tensor, rows: readonly RowChoice[], masks: TokenMasks): Tensor {
  if (rows.every(({ rule }) => rule.allowed === null || rule.forced !== null)) return logits;
  return stack(
    rows.map(({ rule }, row) => {
      const own = logits.select(0, row);
      if (rule.allowed === null || rule.forced !== null) return own;
      return own.maskedFill(masks.forbidden(rule.allowed, own.size(0)), -Infinity);
    }),
  );
}

function draw(logits: Tensor, rows: readonly RowChoice[]): Int32Array {
  if (rows.every(({ sampling }) => sampling.temperature === 0)) return logits.argmax(-1).toInt32Array();
  const column = (values: number[]): Tensor => tensor(values, [rows.length, 1], { device: logits.device });
  const greedy = rows.map(({ sampling }) => sampling.temperature === 0);
  const temperatures = column(rows.map(({ sampling }, i) => (greedy[i] ? 1 : sampling.temperature)));
  const logprobs = logits.div(temperatures).logSoftmax(-1);
  const cut = rows.some(({ sampling: { topK, topP } }, i) => !greedy[i] && (topK > 0 || topP < 1));
  const kept = cut
    ? keepTopOfRows(
        logprobs,
        rows.map(({ sampling }) => sampling.topK),
        rows.map(({ sampling }) => sampling.topP),
      )
    : logprobs;
  // As in rollout/choose.ts: the first exponential clock to ring. Without noise that is the most probable token.
  const noise = stack(
    rows.map(({ sampling }, row) => {
      const own = kept.select(0, row);
      return greedy[row] ? onesLike(own) : exponentialLike(own, sampling.generator!);
    }),
  );
  return kept.sub(noise.log()).argmax(-1).toInt32Array();
}

/** Whether each row's chosen logit is a number: argmax takes the first NaN for the largest. */
function areNumbers(logits: Tensor, tokens: readonly number[]): boolean[] {
  const index = indices(tokens, [tokens.length, 1], logits.device);
  return Array.from(logits.gather(1, index).squeeze(1).toFloat32Array(), (value) => !Number.isNaN(value));
}

/** Log-probabilities of the rows that ask for them; null where none does. */
function report(
  logits: Tensor,
  rows: readonly RowChoice[],
  tokens: readonly number[],
): (Omit<Chosen, 'token'> | null)[] | null {
  const most = Math.max(...rows.map(({ sampling }) => sampling.topLogprobs ?? -1));
  if (most < 0) return null;
  const logprobs = logits.logSoftmax(-1);
  const own = logprobs
    .gather(1, indices(tokens, [tokens.length, 1], logits.device))
    .squeeze(1)
    .toFloat32Array();
  const width = Math.min(most, logits.size(1));
  const [values, order] = width === 0 ? [null, null] : logprobs.topk(width);
  const topValues = values?.flatten().toFloat32Array();
  const topTokens = order?.flatten().toInt32Array();
  return rows.map(({ sampling: { topLogprobs } }, row) => {
    if (topLogprobs === null) return null;
    const top = Array.from({ length: Math.min(topLogprobs, width) }, (_, i) => ({
      token: topTokens![row * width + i]!,
      logprob: topValues![row * width + i]!,
    }));
    return { logprob: own[row]!, top };
  });
}
