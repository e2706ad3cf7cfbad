/** Policy losses, KL estimators and the critic's loss against verl's, value and gradient (float64). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Aggregation,
  clampLogRatio,
  klPenalty,
  type PolicyConfig,
  sequenceWeights,
  type TokenLoss,
  tokenLoss,
  valueLoss,
} from '../../src/loss/index.ts';
import { scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import { hasReference, referenceDir, unlessReference } from '../reference.ts';

interface LossCase {
  readonly loss: number;
  readonly grad: number[][];
  readonly metrics: { readonly 'actor/pg_clipfrac'?: number; readonly 'actor/pg_clipfrac_lower'?: number };
  readonly config: { readonly [name: string]: number };
}

interface Reference {
  readonly inputs: {
    old_logprobs: number[][];
    logprobs: number[][];
    ref_logprobs: number[][];
    mask: number[][];
    values: number[][];
  };
  readonly advantages: { grpo: number[][] };
  readonly policy_loss: Record<string, LossCase>;
  readonly kl: Record<'k1' | 'k2' | 'k3', { per_token: number[][]; token_mean: number; grad: number[][] }>;
  readonly value_loss: {
    vpreds: number[][];
    returns: number[][];
    loss: number;
    clipfrac: number;
    grad: number[][];
    cliprange: number;
  };
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
const AGGREGATIONS: Record<string, Aggregation> = {
  'token-mean': 'token-mean',
  'seq-mean-token-mean': 'seq-mean-token-mean',
  'seq-mean-token-sum': 'seq-mean-token-sum',
  'seq-mean-token-sum-norm': 'constant',
};

type Case = readonly [name: string, policy: (config: LossCase['config']) => PolicyConfig];

const surrogate = (config: LossCase['config']): PolicyConfig => ({
  kind: 'surrogate',
  ratio: 'token',
  clipLow: config.clip_ratio_low ?? config.clip_ratio!,
  clipHigh: config.clip_ratio_high ?? config.clip_ratio!,
  dualClip: config.clip_ratio_c!,
});
const gspo = (config: LossCase['config']): PolicyConfig => ({
  kind: 'surrogate',
  ratio: 'sequence',
  clipLow: config.clip_ratio_low!,
  clipHigh: config.clip_ratio_high!,
});
const ranged =
  (kind: 'cispo' | 'gmpo') =>
  (config: LossCase['config']): PolicyConfig => ({
    kind,
    clipLow: config.clip_ratio_low!,
    clipHigh: config.clip_ratio_high!,
  });

const CASES: readonly Case[] = [
  ['ppo_clip/token-mean', surrogate],
  ['ppo_clip/seq-mean-token-mean', surrogate],
  ['ppo_clip/seq-mean-token-sum', surrogate],
  ['ppo_clip/seq-mean-token-sum-norm', surrogate],
  ['ppo_clip_higher/token-mean', surrogate],
  ['dual_clip/token-mean', surrogate],
  ['gspo/seq-mean-token-mean', gspo],
  ['gspo_wide/seq-mean-token-mean', gspo],
  ['cispo/token-mean', ranged('cispo')],
  ['gmpo', ranged('gmpo')],
  ['gpg/token-mean', () => ({ kind: 'policy-gradient' })],
  [
    'sapo/seq-mean-token-mean',
    (config) => ({
      kind: 'sapo',
      temperaturePositive: config.tau_pos!,
      temperatureNegative: config.tau_neg!,
    }),
  ],
];

describe.skipIf(!hasReference)(`policy losses match verl${unlessReference}`, () => {
  it('covers every loss there is a reference for', () => {
    expect(CASES.map(([name]) => name).sort()).toEqual(Object.keys(load().policy_loss).sort());
  });

  it.each(CASES)('%s', (name, policy) => {
    const { inputs, advantages, policy_loss } = load();
    const expected = policy_loss[name]!;
    const aggregation = AGGREGATIONS[name.split('/')[1] ?? 'seq-mean-token-mean']!;
    scope(() => {
      const logprobs = matrix(inputs.logprobs).requiresGrad_();
      const mask = matrix(inputs.mask);
      const lengths = inputs.mask.map((row) => row.reduce((sum, value) => sum + value, 0));
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

  it('value loss with clipping', () => {
    const { inputs, value_loss: expected } = load();
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
