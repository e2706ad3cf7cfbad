/** Policy losses and KL estimators against verl's, value and gradient (float64). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Aggregation, clippedSurrogate, klPenalty, sequenceWeights } from '../../src/loss/index.ts';
import { scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import { hasReference, referenceDir, unlessReference } from '../reference.ts';

interface LossCase {
  readonly loss: number;
  readonly grad: number[][];
  readonly metrics: { readonly 'actor/pg_clipfrac': number };
  readonly config: {
    readonly clip_ratio_c?: number;
    clip_ratio?: number;
    clip_ratio_low?: number;
    clip_ratio_high?: number;
  };
}

interface Reference {
  readonly inputs: {
    old_logprobs: number[][];
    logprobs: number[][];
    ref_logprobs: number[][];
    mask: number[][];
  };
  readonly advantages: { grpo: number[][] };
  readonly policy_loss: Record<string, LossCase>;
  readonly kl: Record<'k1' | 'k2' | 'k3', { per_token: number[][]; token_mean: number; grad: number[][] }>;
}

function load(): Reference {
  return JSON.parse(readFileSync(path.join(referenceDir, 'rl-losses.json'), 'utf8')) as Reference;
}

function matrix(rows: number[][]): Tensor {
  return tensor(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]);
}

function expectClose(actual: ArrayLike<number>, expected: number[]): void {
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 9);
}

/** The reference writes its aggregations in verl's words; `seq-mean-token-sum-norm` divides by the longest length. */
const AGGREGATIONS: Record<string, [Aggregation, divisor?: 'longest']> = {
  'token-mean': ['token-mean'],
  'seq-mean-token-mean': ['seq-mean-token-mean'],
  'seq-mean-token-sum': ['seq-mean-token-sum'],
  'seq-mean-token-sum-norm': ['constant', 'longest'],
};

const CASES = [
  'ppo_clip/token-mean',
  'ppo_clip/seq-mean-token-mean',
  'ppo_clip/seq-mean-token-sum',
  'ppo_clip/seq-mean-token-sum-norm',
  'ppo_clip_higher/token-mean',
  'dual_clip/token-mean',
];

describe.skipIf(!hasReference)(`policy losses match verl${unlessReference}`, () => {
  it.each(CASES)('%s', (name) => {
    const { inputs, advantages, policy_loss } = load();
    const expected = policy_loss[name]!;
    const { config } = expected;
    const [aggregation, divisor] = AGGREGATIONS[name.split('/')[1]!]!;
    scope(() => {
      const logprobs = matrix(inputs.logprobs).requiresGrad_();
      const mask = matrix(inputs.mask);
      const lengths = inputs.mask.map((row) => row.reduce((sum, value) => sum + value, 0));
      const longest = inputs.mask[0]!.length;
      const weights = sequenceWeights(aggregation, lengths, divisor && longest);
      const perToken = mask.mul(tensor(weights, [weights.length, 1]));
      const surrogate = clippedSurrogate(
        { logprobs, oldLogprobs: matrix(inputs.old_logprobs), advantages: matrix(advantages.grpo) },
        {
          low: config.clip_ratio_low ?? config.clip_ratio!,
          high: config.clip_ratio_high ?? config.clip_ratio!,
          dual: config.clip_ratio_c!,
        },
      );
      const loss = surrogate.losses.mul(perToken).sum();
      loss.backward();
      // verl adds 1e-8 to its divisors.
      expect(loss.item()).toBeCloseTo(expected.loss, 8);
      expectClose(logprobs.grad!.toFloat64Array(), expected.grad.flat());
      const clipped = surrogate.clippedHigh.logicalOr(surrogate.clippedLow).mul(mask).sum().item();
      expect(clipped / mask.sum().item()).toBeCloseTo(expected.metrics['actor/pg_clipfrac'], 6);
    });
  });

  it.each(['k1', 'k2', 'k3'] as const)('KL estimator %s', (estimator) => {
    const { inputs, kl } = load();
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
});
