/**
 * @file Choosing the next token of rows that each have their own settings, by the rules of inference/choose.ts.
 *
 * In order: penalties and biases on the logits, the tokens a constraint leaves, temperature, top-k and top-p, a draw
 * from the row's own random stream. So what a row gets does not depend on which rows share its batch, but for the
 * rounding of the model itself. Log-probabilities are of the model's own distribution, before all that.
 */

import { aten, indices, scope, stack, type Tensor, tensor, where } from '../../torch/index.ts';
import { keepTopOfRows } from '../choose.ts';
import type { Chosen, SamplingRow, TokenRule } from './choice.ts';
import type { TokenMasks } from './token-masks.ts';

/** One row of the batch. */
export interface RowChoice {
  readonly sampling: SamplingRow;
  readonly rule: TokenRule;
}

/** Below this temperature (vLLM's bound) a row is greedy: divided by less, logits overflow. */
const COLDEST = 1e-5;
/** The smallest top p: less is 0 in float32 and would leave no token. */
const NARROWEST = 1e-6;

/**
 * One token per row; `null` where the row's logits are not finite.
 * @param logits - float32 [B, V]
 */
export function chooseRows(logits: Tensor, rows: readonly RowChoice[], masks: TokenMasks): (Chosen | null)[] {
  return scope(() => {
    const weighed = restrict(adjust(logits, rows), rows, masks);
    const chosen = draw(weighed, rows);
    const forced = rows.map(({ rule }, row) => rule.forced ?? chosen[row]!);
    const finite = areFinite(logits);
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
  const greedy = rows.map(({ sampling }) => sampling.temperature < COLDEST);
  if (!greedy.includes(false)) return logits.argmax(-1).toInt32Array();
  const column = (values: number[]): Tensor => tensor(values, [rows.length, 1], { device: logits.device });
  const temperatures = column(rows.map(({ sampling }, i) => (greedy[i] ? 1 : sampling.temperature)));
  const logprobs = logits.div(temperatures).logSoftmax(-1);
  const cut = rows.some(({ sampling: { topK, topP } }, i) => !greedy[i] && (topK > 0 || topP < 1));
  const kept = cut
    ? keepTopOfRows(
        logprobs,
        rows.map(({ sampling }) => sampling.topK),
        rows.map(({ sampling }) => Math.max(sampling.topP, NARROWEST)),
      )
    : logprobs;
  const drawn = byInverse(kept, column(rows.map(({ sampling }, i) => (greedy[i] ? 0 : uniform(sampling)))));
  if (!greedy.includes(true)) return drawn.toInt32Array();
  const isGreedy = tensor(Uint8Array.from(greedy, Number), undefined, {
    dtype: 'bool',
    device: logits.device,
  });
  return where(isGreedy, logits.argmax(-1), drawn).toInt32Array();
}

/** In float32 the largest number that a sum of probabilities can be multiplied by and stay below itself. */
const BELOW_ONE = 1 - 2 ** -22;

function uniform({ random }: SamplingRow): number {
  return Math.min(random!.next(), BELOW_ONE);
}

/**
 * The token at which the summed probabilities pass a number drawn uniformly: one number a row, from the row's own
 * stream, where a number for each token (inference/choose.ts) would be a kernel a row.
 * @param logprobs - [B, V]; −∞ is never drawn
 * @param uniforms - in [0, 1), [B, 1]
 */
function byInverse(logprobs: Tensor, uniforms: Tensor): Tensor {
  const probabilities = logprobs.exp();
  const sums = probabilities.cumsum(-1);
  const marks = sums.narrow(-1, sums.size(-1) - 1, 1).mul(uniforms);
  const drawn = sums.le(marks).sum(-1);
  // Summed in parallel, as a GPU does, the sums need not rise everywhere: what cannot be drawn must not be met by that.
  const isPossible = probabilities.gather(1, drawn.unsqueeze(1)).squeeze(1).gt(0);
  return where(isPossible, drawn, logprobs.argmax(-1));
}

/** Whether each row is sound. The largest tells: NaN counts as larger than any number. */
function areFinite(logits: Tensor): boolean[] {
  return Array.from(logits.amax(-1).toFloat32Array(), Number.isFinite);
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
