/**
 * A PPO step on a tiny model in float64 against the equations written in plain numbers: advantages and returns by the
 * double sum of the GAE paper, losses per token, gradients by central differences through the whole model.
 */
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { TINY_CONFIG } from '../../tests/support/tiny-checkpoint.ts';
import {
  initHead,
  initModel,
  type LanguageModel,
  parseConfig,
  type ScalarHead,
  ValueModel,
} from '../models/index.ts';
import type { Module } from '../models/layers/index.ts';
import type { Sample, Scored } from '../records.ts';
import { indices, noGrad, scope } from '../torch/index.ts';
import { estimateAdvantages } from './advantages.ts';
import { type Critic, criticSchema } from './critic.ts';
import { updateCritic } from './critic-update.ts';
import { lossSchema } from './loss/index.ts';
import { Learner, optimizerSchema } from './update/index.ts';
import { updatePolicy } from './update.ts';

const model = (seed: number): LanguageModel =>
  initModel(parseConfig(TINY_CONFIG, 'test'), seed, { dtype: 'float64', scheme: 'scaled' });
const pass = { temperature: 0.8, tokensPerMicroBatch: 1000, padToken: 0 };
/** A step so small that no weight moves. */
const still = optimizerSchema.parse({ peak: 1e-30, maxGradNorm: 1e9 });

const LENGTHS = [3, 1, 4];
const REWARDS = [1, -0.5, 2];
const TOKENS = 8;
const EPSILON = 0.2;

const scored: Scored[] = LENGTHS.map((length, i) => ({
  completion: {
    ...completionOf('x'),
    promptTokens: Int32Array.from({ length: i + 1 }, (_, t) => 3 * t + i),
    tokens: Int32Array.from({ length }, (_, t) => (17 * i + 5 * t + 2) % 80),
    logprobs: new Float32Array(length),
  },
  reward: REWARDS[i]!,
  parts: {},
}));

/** State before each response token of completion i, [length][hidden size]. */
function statesOf(trunk: Pick<LanguageModel, 'hidden'>, i: number): number[][] {
  const { promptTokens, tokens } = scored[i]!.completion;
  return scope(() => {
    const all = [...promptTokens, ...tokens];
    const hidden = trunk.hidden({ tokens: indices(all, [1, all.length]) }).toArray();
    const size = hidden.length / all.length;
    return Array.from(tokens, (_, t) => {
      const place = promptTokens.length - 1 + t;
      return hidden.slice(place * size, (place + 1) * size);
    });
  });
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);

function valuesOf(trunk: Pick<LanguageModel, 'hidden'>, head: ScalarHead): number[][] {
  const w = head.weight.toArray();
  return LENGTHS.map((_, i) => statesOf(trunk, i).map((state) => dot(w, state)));
}

/** log π(token) at the temperature of the rollout. */
function logprobsOf(policy: LanguageModel): number[][] {
  const weight = policy.stateDict().get('lm_head.weight')!.toArray();
  const size = TINY_CONFIG.hidden_size;
  return LENGTHS.map((_, i) =>
    statesOf(policy, i).map((state, t) => {
      const logits = Array.from(
        { length: TINY_CONFIG.vocab_size },
        (_, k) => dot(weight.slice(k * size, (k + 1) * size), state) / pass.temperature,
      );
      const log = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
      return logits[scored[i]!.completion.tokens[t]!]! - log;
    }),
  );
}

const clamp = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));

/** Mean over all tokens. */
function tokenMean(of: (i: number, t: number) => number): number {
  let sum = 0;
  for (const [i, length] of LENGTHS.entries()) for (let t = 0; t < length; t++) sum += of(i, t);
  return sum / TOKENS;
}

function policyLoss(policy: LanguageModel, old: readonly ArrayLike<number>[], A: number[][]): number {
  const logprobs = logprobsOf(policy);
  return tokenMean((i, t) => {
    const ratio = Math.exp(logprobs[i]![t]! - old[i]![t]!);
    return -Math.min(ratio * A[i]![t]!, clamp(ratio, 1 - EPSILON, 1 + EPSILON) * A[i]![t]!);
  });
}

function valueLoss(V: number[][], old: readonly ArrayLike<number>[], R: number[][]): number {
  return tokenMean((i, t) => {
    const [v, before, target] = [V[i]![t]!, old[i]![t]!, R[i]![t]!];
    const near = before + clamp(v - before, -EPSILON, EPSILON);
    return 0.5 * Math.max((v - target) ** 2, (near - target) ** 2);
  });
}

/** Âₜ = Σ_l (γλ)ˡ δₜ₊ₗ, Rₜ = Âₜ + Vₜ; the reward at the last token. */
function estimate(V: number[][], gamma: number, lambda: number) {
  const A = V.map((row, i) =>
    row.map((_, t) =>
      row.slice(t).reduce((sum, v, l) => {
        const last = t + l === row.length - 1;
        const delta = (last ? REWARDS[i]! : gamma * row[t + l + 1]!) - v;
        return sum + (gamma * lambda) ** l * delta;
      }, 0),
    ),
  );
  return { A, R: A.map((row, i) => row.map((a, t) => a + V[i]![t]!)) };
}

function whitened(A: number[][]): number[][] {
  const mean = tokenMean((i, t) => A[i]![t]!);
  const variance = (tokenMean((i, t) => (A[i]![t]! - mean) ** 2) * TOKENS) / (TOKENS - 1);
  return A.map((row) => row.map((a) => (a - mean) / Math.sqrt(variance + 1e-8)));
}

/** Checks a few entries of the gradients of a module against central differences of `loss`. */
function expectGradients(module: Module, names: readonly string[], loss: () => number): void {
  const parameters = module.stateDict();
  const step = 1e-5;
  for (const name of names) {
    const parameter = parameters.get(name)!;
    const gradient = parameter.grad!.toArray();
    const greatest = gradient.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(greatest, name).toBeGreaterThan(1e-4);
    for (const index of [0, 7, gradient.findIndex((x) => Math.abs(x) === greatest)]) {
      const move = (by: number): number =>
        scope(() => {
          noGrad(() => parameter.view([-1]).narrow(0, index, 1).add_(by));
          return loss();
        });
      const difference = (move(step) - move(-2 * step)) / (2 * step);
      move(step);
      expect(gradient[index]!, `${name}[${index}]`).toBeCloseTo(difference, 6);
    }
  }
}

interface Case {
  readonly lambda: number;
  readonly gamma: number;
  readonly whiten: boolean;
  readonly tokensPerMicroBatch: number;
}

const CASES: Case[] = [
  { lambda: 1, gamma: 1, whiten: true, tokensPerMicroBatch: 1000 },
  { lambda: 0.95, gamma: 1, whiten: false, tokensPerMicroBatch: 1 },
  { lambda: 0.5, gamma: 0.9, whiten: true, tokensPerMicroBatch: 12 },
];

/** Everything up to the update: a critic that knows something, its rollout credited, old values and policy elsewhere. */
function prepared(kind: 'separate' | 'shared', options: Case) {
  const policy = model(0);
  const config = criticSchema.parse({
    kind,
    clip: EPSILON,
    lambda: options.lambda,
    gamma: options.gamma,
    whiten: options.whiten,
    ...(kind === 'shared' && { coefficient: 0.3 }),
  });
  const own = kind === 'separate' ? model(1) : policy;
  const head = initHead(own, { deviation: 0.2, seed: 4 });
  const critic: Critic = {
    config,
    trunk: kind === 'separate' ? new ValueModel(own, head) : policy,
    head,
    learner: new Learner<Module>(kind === 'separate' ? new ValueModel(own, head) : head, still, 1),
  };
  const { A, R } = estimate(valuesOf(critic.trunk, head), options.gamma, options.lambda);
  const near = logprobsOf(policy).map((row, i) =>
    Float32Array.from(row, (x, t) => x + 0.4 * Math.sin(5 * i + 2 * t)),
  );
  const rollout = scored.map((one, i) => ({ ...one, completion: { ...one.completion, logprobs: near[i]! } }));
  const loss = lossSchema.parse({ policy: { kind: 'surrogate', clipLow: EPSILON, clipHigh: EPSILON } });
  const credit = estimateAdvantages(rollout, [0, 1, 2], { ...pass, advantage: 'gae', loss, policy, critic });
  // As after some updates on the rollout: the critic has moved, by more than the clip on some tokens.
  const samples: Sample[] = credit.samples.map((sample, i) => ({
    ...sample,
    values: sample.values!.map((value, t) => value + 0.5 * Math.sin(3 * i + t + 1)),
  }));
  return { policy, critic, config, near, loss, credit, samples, A: options.whiten ? whitened(A) : A, R };
}

describe('a critic', () => {
  it('learns what to expect of a rollout, though its head said 0 of everything', () => {
    const trunk = model(1);
    const own = new ValueModel(trunk, initHead(trunk));
    const config = criticSchema.parse({ kind: 'separate', clip: null });
    const optimizer = optimizerSchema.parse({ peak: 1e-2 });
    const critic: Critic = {
      config,
      trunk: own,
      head: own.score,
      learner: new Learner<Module>(own, optimizer, 60),
    };
    const loss = lossSchema.parse({});
    const look = () =>
      estimateAdvantages(scored, [0, 1, 2], { ...pass, advantage: 'gae', loss, policy: model(0), critic });
    const first = look();
    expect(first.explainedVariance).toBeCloseTo(0, 9);
    const losses = Array.from({ length: 60 }, () => updateCritic(critic, first, { ...pass, loss }).loss);
    // ½ R², the mean over tokens.
    expect(losses[0]).toBeCloseTo((0.5 * (3 * 1 + 1 * 0.25 + 4 * 4)) / TOKENS, 6);
    expect(losses.at(-1)!).toBeLessThan(0.01);
    expect(look().explainedVariance).toBeGreaterThan(0.95);
  });

  it('is not asked about what could not be scored, and that moves no mean', () => {
    const { critic, loss } = prepared('separate', CASES[0]!);
    const credit = (some: readonly Scored[]) =>
      estimateAdvantages(
        some,
        some.map((_, i) => i),
        { ...pass, advantage: 'gae', loss, policy: model(0), critic },
      );
    const without = credit(scored);
    const extra = { ...scored[2]!, reward: null };
    const { samples, explainedVariance } = credit([...scored, extra]);
    expect([...samples[3]!.advantages]).toEqual([0, 0, 0, 0]);
    for (const [i, sample] of without.samples.entries()) {
      for (const [t, value] of sample.advantages.entries())
        expect(samples[i]!.advantages[t]).toBeCloseTo(value, 6);
    }
    expect(explainedVariance).toBeCloseTo(without.explainedVariance!, 9);
    const options = { ...pass, loss };
    const alone = updateCritic(critic, { samples: without.samples }, options);
    const more = updateCritic(critic, { samples }, options);
    expect(more.tokens).toBe(TOKENS);
    expect(more.loss).toBeCloseTo(alone.loss, 9);
    expect(more.gradNorm).toBeCloseTo(alone.gradNorm, 9);
  });
});

describe.each(CASES)('a PPO step, %j', (options) => {
  const passes = { ...pass, tokensPerMicroBatch: options.tokensPerMicroBatch };
  const POLICY = ['lm_head.weight', 'model.layers.0.mlp.up_proj.weight', 'model.norm.weight'];

  it('with a critic of its own: advantages, both losses and both gradients', () => {
    const { policy, critic, loss, near, credit, samples, A, R } = prepared('separate', options);
    for (const [i, { advantages, returns }] of credit.samples.entries()) {
      for (const [t, value] of advantages.entries()) expect(value).toBeCloseTo(A[i]![t]!, 5);
      for (const [t, value] of returns!.entries()) expect(value).toBeCloseTo(R[i]![t]!, 5);
    }
    const old = samples.map(({ values }) => values!);
    const learner = new Learner(policy, still, 1);
    const result = updatePolicy(learner, { samples }, { ...passes, loss, maxTokens: 4 });
    const valued = updateCritic(critic, { samples }, { ...passes, loss });
    expect(result.loss).toBeCloseTo(policyLoss(policy, near, A), 6);
    expect(result).not.toHaveProperty('critic');
    expect(valued.loss).toBeCloseTo(valueLoss(valuesOf(critic.trunk, critic.head), old, R), 6);
    expect(valued.tokens).toBe(TOKENS);
    expect(valued.clipped).toBeGreaterThan(0);
    expectGradients(policy, POLICY, () => policyLoss(policy, near, A));
    expectGradients(critic.learner.model, ['score.weight', 'model.layers.0.mlp.up_proj.weight'], () =>
      valueLoss(valuesOf(critic.trunk, critic.head), old, R),
    );
  });

  it('with a head on the policy: the sum of both losses moves the policy, and the value loss the head', () => {
    const { policy, critic, loss, near, samples, A, R } = prepared('shared', options);
    const old = samples.map(({ values }) => values!);
    const learner = new Learner(policy, still, 1);
    const result = updatePolicy(
      learner,
      { samples },
      { ...passes, loss, maxTokens: 4, sharedCritic: critic },
    );
    const values = () => valueLoss(valuesOf(policy, critic.head), old, R);
    const joint = () => policyLoss(policy, near, A) + 0.3 * values();
    expect(result.loss).toBeCloseTo(policyLoss(policy, near, A), 6);
    expect(result.critic!.loss).toBeCloseTo(values(), 6);
    expect(result.critic!.tokens).toBe(TOKENS);
    expectGradients(policy, POLICY, joint);
    expectGradients(critic.head, ['weight'], joint);
  });
});
