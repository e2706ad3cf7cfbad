/** Policy losses, KL estimators and the critic's loss against verl's, value and gradient (float64). */
import { describe, expect, it } from 'vitest';
import {
  clampLogRatio,
  klPenalty,
  sequenceWeights,
  type TokenLoss,
  tokenLoss,
  valueLoss,
} from '../../src/rl/loss/index.ts';
import { scope, type Tensor, tensor } from '../../src/torch/index.ts';
import { aggregationOf, type LossCase, lengthsOf, POLICY_CASES, rlReference } from '../reference.ts';

const { inputs, advantages, policy_loss, kl, value_loss } = rlReference();

function matrix(rows: number[][]): Tensor {
  return tensor(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]);
}

function expectClose(actual: ArrayLike<number>, expected: number[]): void {
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 9);
}

describe('policy losses match verl', () => {
  it('covers every loss there is a reference for', () => {
    expect(POLICY_CASES.map(([name]) => name).sort()).toEqual(Object.keys(policy_loss).sort());
  });

  it.each(POLICY_CASES)('%s', (name, policy) => {
    const expected = policy_loss[name]!;
    const aggregation = aggregationOf(name);
    scope(() => {
      const logprobs = matrix(inputs.logprobs).requiresGrad_();
      const mask = matrix(inputs.mask);
      const lengths = lengthsOf(inputs.mask);
      const longest = inputs.mask[0]!.length;
      // verl divides the sum by the longest length alone, we by that times the number of sequences.
      const weights = sequenceWeights(aggregation, lengths, longest / lengths.length);
      const result = tokenLoss(
        {
          logprobs,
          logRatio: clampLogRatio(logprobs.sub(matrix(inputs.old_logprobs))),
          advantages: matrix(advantages.grpo),
          mask,
        },
        policy(expected.config),
      );
      const loss = result.losses.mul(mask.mul(tensor(weights, [weights.length, 1]))).sum();
      loss.backward();
      // verl adds 1e-8 to its divisors.
      expect(loss.item()).toBeCloseTo(expected.loss, 8);
      expectClose(logprobs.grad!.toFloat64Array(), expected.grad.flat());
      expectClipFraction(result, mask, expected, name);
    });
  });

  it.each(['k1', 'k2', 'k3'] as const)('KL estimator %s', (estimator) => {
    scope(() => {
      const logprobs = matrix(inputs.logprobs).requiresGrad_();
      const mask = matrix(inputs.mask);
      const perToken = klPenalty(logprobs, matrix(inputs.ref_logprobs), estimator);
      const mean = perToken.mul(mask).sum().div(mask.sum());
      mean.backward();
      expectClose(perToken.detach().mul(mask).toFloat64Array(), kl[estimator].per_token.flat());
      expect(mean.item()).toBeCloseTo(kl[estimator].token_mean, 9);
      expectClose(logprobs.grad!.toFloat64Array(), kl[estimator].grad.flat());
    });
  });

  it('value loss with clipping', () => {
    const expected = value_loss;
    scope(() => {
      const values = matrix(expected.vpreds).requiresGrad_();
      const mask = matrix(inputs.mask);
      const { losses, clipped } = valueLoss(
        { values, oldValues: matrix(inputs.values), returns: matrix(expected.returns) },
        expected.cliprange,
      );
      const loss = losses.mul(mask).sum().div(mask.sum());
      loss.backward();
      expect(loss.item()).toBeCloseTo(expected.loss, 8);
      expectClose(values.grad!.toFloat64Array(), expected.grad.flat());
      expect(clipped.mul(mask).sum().div(mask.sum()).item()).toBeCloseTo(expected.clipfrac, 6);
    });
  });
});

/** verl counts both sides together, but GMPO's apart. */
function expectClipFraction(result: TokenLoss, mask: Tensor, { metrics }: LossCase, name: string): void {
  const fraction = (clipped: Tensor): number => clipped.mul(mask).sum().item() / mask.sum().item();
  const total = metrics['actor/pg_clipfrac'];
  if (total === undefined) return;
  if (name !== 'gmpo') {
    expect(fraction(result.clippedHigh.logicalOr(result.clippedLow))).toBeCloseTo(total, 6);
    return;
  }
  // verl marks every token outside the range, whichever way it moved; we only those the clip acted on.
  expect(fraction(result.clippedHigh)).toBeLessThanOrEqual(total);
  expect(fraction(result.clippedLow)).toBeLessThanOrEqual(metrics['actor/pg_clipfrac_lower']!);
}
