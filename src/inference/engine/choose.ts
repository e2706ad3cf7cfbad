/**
 * @file The chooser: the next token of rows that each have their own settings and their own random stream.
 *
 * In order: penalties and biases on the logits, the tokens a constraint leaves, temperature, top-k and top-p, a draw
 * from the row's own random stream. So what a row gets does not depend on which rows share its batch, but for the
 * rounding of the model itself. Log-probabilities of the model are those before all that.
 */
import { aten, indices, keep, scope, stack, type Tensor, tensor, where } from '../../torch/index.ts';
import { type Cut, cutTails } from './cut.ts';
import { byInverse, uniformOf } from './inverse.ts';
import { logprobsOf, report } from './logprobs.ts';
import { type Chosen, type Demands, type Draft, FREE, type SamplingRow, type TokenRule } from './sequence.ts';
import type { TokenMasks } from './token-masks.ts';
import { type Drafted, verified } from './verify.ts';

/** One row of the batch. */
export interface RowChoice {
  readonly sampling: SamplingRow;
  /** `demandsOf(sampling)`, kept so that a step does not look at every setting of every row. */
  readonly demands: Demands;
  readonly rule: TokenRule;
  /** A draft of its token, under no rule, which is accepted or replaced so that the token has the distribution it should. */
  readonly draft?: Draft | null;
}

/** The smallest top p: less is 0 in float32 and would leave no token. */
const NARROWEST = 1e-6;

/**
 * One token per row; `null` where the row's logits are not finite.
 * @param logits - float32 [B, V]
 */
export function chooseRows(logits: Tensor, rows: readonly RowChoice[], masks: TokenMasks): (Chosen | null)[] {
  let chosen: (Chosen | null)[] = [];
  // Not by way of the scope, which looks for tensors in all that it gives back.
  scope(() => {
    chosen = choose(logits, rows, masks);
  });
  return chosen;
}

function choose(logits: Tensor, rows: readonly RowChoice[], masks: TokenMasks): (Chosen | null)[] {
  const needs = needsOf(rows);
  const adjusted = needs.adjusted ? adjust(logits, rows) : logits;
  const { drawn, tempered } = draw(needs.ruled ? restrict(adjusted, rows, masks) : adjusted, rows, needs);
  const tokens = drawn.toInt32Array();
  if (needs.ruled) for (const [row, { rule }] of rows.entries()) tokens[row] = rule.forced ?? tokens[row]!;
  const policy = tempered === null ? null : logprobsOf(tempered, tokens);
  // What is not finite is in every log-probability of its row.
  const finite = needs.policy === rows.length ? null : areFinite(logits);
  const told = needs.alternatives < 0 ? null : report(logits, tokens, needs.alternatives);
  const chosen = Array.from<Chosen | null>({ length: rows.length });
  for (let row = 0; row < rows.length; row++) {
    const token = tokens[row]!;
    const sound = finite === null ? Number.isFinite(policy![row]) : finite[row]!;
    if (!sound) chosen[row] = null;
    else if (rows[row]!.demands.policy) chosen[row] = { token, logprob: policy![row]!, top: NONE };
    else chosen[row] = ownReport(token, told?.[row], rows[row]!.demands.alternatives);
  }
  return chosen;
}

/** What the rows of a batch ask for, all together: most ask for little, and are many. */
interface Needs {
  /** Some row has a penalty or a bias. */
  readonly adjusted: boolean;
  /** Some row has a rule. */
  readonly ruled: boolean;
  /** Rows that are greedy. */
  readonly greedy: number;
  /** Some row that is not greedy cuts the tail off. */
  readonly cut: boolean;
  /** The temperature of all rows; null where they differ or some are greedy. */
  readonly temperature: number | null;
  /** Rows that report their log-probability for training. */
  readonly policy: number;
  /** Most alternatives that a row reports, −1 where none reports the model's own log-probabilities. */
  readonly alternatives: number;
}

function needsOf(rows: readonly RowChoice[]): Needs {
  let [adjusted, ruled, cut] = [false, false, false];
  let [greedy, policy, alternatives] = [0, 0, -1];
  let temperature: number | null = rows[0]!.sampling.temperature;
  for (const { sampling, demands, rule } of rows) {
    if (rule !== FREE && (rule.forced !== null || rule.allowed !== null)) ruled = true;
    if (demands.adjusted) adjusted = true;
    if (demands.cut) cut = true;
    if (demands.greedy) greedy++;
    if (demands.policy) policy++;
    if (demands.alternatives > alternatives) alternatives = demands.alternatives;
    if (sampling.temperature !== temperature) temperature = null;
  }
  if (greedy > 0) temperature = null;
  return { adjusted, ruled, greedy, cut, temperature, policy, alternatives };
}

/** No alternatives. */
export const NONE: Chosen['top'] = [];

/** What a row asks of the report on all of them. @param alternatives - −1 where it asks for none */
function ownReport(token: number, told: Chosen | undefined, alternatives: number): Chosen {
  if (told === undefined || alternatives < 0) return { token, logprob: null, top: NONE };
  const { logprob, top } = told;
  return { token, logprob, top: top.length === alternatives ? top : top.slice(0, alternatives) };
}

const indexAdd = aten('index_add');

/** Penalties and biases, [B, V]. */
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

/** A token for each row, int64 [B], and log π at the rows' temperatures, [B, V], where a row reports it. */
interface Draw {
  readonly drawn: Tensor;
  readonly tempered: Tensor | null;
}

function draw(logits: Tensor, rows: readonly RowChoice[], needs: Needs): Draw {
  const { device } = logits;
  if (needs.greedy === rows.length) {
    return { drawn: logits.argmax(-1), tempered: needs.policy > 0 ? logits.logSoftmax(-1) : null };
  }
  const logprobs = heated(logits, rows, needs.temperature).logSoftmax(-1);
  const kept = needs.cut ? cutRows(logprobs, rows) : logprobs;
  const sampled = sample(kept, rows);
  const tempered = needs.policy > 0 ? logprobs : null;
  if (needs.greedy === 0) return { drawn: sampled, tempered };
  const greedy = Uint8Array.from(rows, ({ demands }) => Number(demands.greedy));
  const chooses = tensor(greedy, undefined, { dtype: 'bool', device });
  return { drawn: where(chooses, logits.argmax(-1), sampled), tempered };
}

/** log π of the tokens that each row's top k and top p leave, −∞ of the others. */
function cutRows(logprobs: Tensor, rows: readonly RowChoice[]): Tensor {
  return cutTails(
    logprobs,
    rows.map(({ sampling, demands }) => cutOf(sampling, demands)),
  );
}

/** A token for each row that is not greedy, int64 [B]. */
function sample(kept: Tensor, rows: readonly RowChoice[]): Tensor {
  const { device } = kept;
  const drafted: number[] = [];
  for (const [row, { draft }] of rows.entries()) if (draft?.probabilities) drafted.push(row);
  const uniforms = uniformsOf(rows);
  const sampled = byInverse(kept.exp(), tensor(uniforms, [rows.length, 1], { device }));
  if (drafted.length === 0) return sampled;
  const places = indices(drafted, undefined, device);
  const checked = verified(
    kept.indexSelect(0, places),
    drafted.map((row) => rows[row] as Drafted),
  );
  return sampled.indexCopy(0, places, checked);
}

/**
 * Drafts of the next tokens of rows, each drawn as the row's own tokens are. The caller frees their probabilities.
 * @param logits - of the layer that drafts, float32 [B, V]
 */
export function draftRows(logits: Tensor, rows: readonly RowChoice[]): Draft[] {
  return scope(() => {
    const { cut, temperature } = needsOf(rows);
    const logprobs = heated(logits, rows, temperature).logSoftmax(-1);
    const probabilities = (cut ? cutRows(logprobs, rows) : logprobs).softmax(-1);
    const uniforms = tensor(uniformsOf(rows), [rows.length, 1], { device: logits.device });
    const drawn = byInverse(probabilities, uniforms).toInt32Array();
    const likeliest = logits.argmax(-1).toInt32Array();
    return rows.map(({ demands }, row) =>
      demands.greedy
        ? { token: likeliest[row]!, probabilities: null }
        : { token: drawn[row]!, probabilities: keep(probabilities.select(0, row)) },
    );
  });
}

/** A number from each row's own stream; 0 where it is greedy or has a draft, which draws for itself. */
function uniformsOf(rows: readonly RowChoice[]): Float32Array {
  const uniforms = new Float32Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const { sampling, demands, draft } = rows[row]!;
    if (!demands.greedy && !draft) uniforms[row] = uniformOf(sampling);
  }
  return uniforms;
}

/** Logits over the temperature, which is that of all rows or each row's own; greedy rows keep theirs. */
function heated(logits: Tensor, rows: readonly RowChoice[], temperature: number | null): Tensor {
  if (temperature !== null) return temperature === 1 ? logits : logits.div(temperature);
  const own = Float32Array.from(rows, ({ sampling, demands }) => (demands.greedy ? 1 : sampling.temperature));
  return logits.div(tensor(own, [rows.length, 1], { device: logits.device }));
}

/** The cut of a row; none where it is greedy. */
export function cutOf(sampling: SamplingRow, demands: Demands): Cut {
  if (demands.greedy) return { topK: 0, topP: 1 };
  return { topK: sampling.topK, topP: Math.max(sampling.topP, NARROWEST) };
}

/** Whether each row is sound. The largest tells: NaN counts as larger than any number. */
function areFinite(logits: Tensor): boolean[] {
  return Array.from(logits.amax(-1).toFloat32Array(), Number.isFinite);
}
