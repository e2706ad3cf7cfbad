/** @file A tiny random policy, a rollout of it with made-up rewards, and the gradient of a loss on that rollout. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { type LanguageModel, loadModel } from '../../src/models/index.ts';
import { ALONE, type Ranks } from '../../src/ranks.ts';
import type { Completion, Prompt, Sample, Scored } from '../../src/records.ts';
import type { AdvantageName } from '../../src/rl/advantage/index.ts';
import { estimateAdvantages } from '../../src/rl/advantages.ts';
import { type Critic, criticSchema, openCritic } from '../../src/rl/critic.ts';
import { updateCritic } from '../../src/rl/critic-update.ts';
import { lossSchema } from '../../src/rl/loss/index.ts';
import { rollout } from '../../src/rl/rollout/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { type PolicyUpdateResult, updatePolicy } from '../../src/rl/update.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { Generator, noGrad, randn, scope } from '../../src/torch/index.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

export type Loss = z.input<typeof lossSchema>;
export type CriticSettings = z.input<typeof criticSchema>;

const root = mkdtempSync(path.join(tmpdir(), 'aha-invariants-'));
export const checkpoint = await writeTinyCheckpoint(path.join(root, 'policy'));
const otherCheckpoint = await writeTinyCheckpoint(path.join(root, 'reference'), 1);
export const tokenizer = Tokenizer.load(checkpoint);
export const eos = tokenizer.eosIds[0]!;

const load = (dir: string): LanguageModel => loadModel(dir, { device: 'cpu', dtype: 'float32' });

export const policy = load(checkpoint);
const reference = load(otherCheckpoint);

export const GROUPS = 4;
export const GROUP_SIZE = 4;

/** Completions of prompts of unequal length, as the sampler gives them. */
export function sampled(temperature = 1, maxTokens = 12): Completion[] {
  const prompts = ['what is 1 + 2 ?', 'what is 7 ?', 'what is 35 - 10 * 3 ?', 'what is 2 * 2 + 9 - 1 ?'].map(
    (text, i): Prompt => ({ id: `test/${i}`, task: 'jsonl', text, answer: '3' }),
  );
  return rollout({ model: policy, tokenizer, template: 'plain', version: 0 }, prompts, {
    groupSize: GROUP_SIZE,
    maxTokens,
    temperature,
    seed: 5,
  });
}

/**
 * A rollout of an older policy: log-probabilities are moved off the policy's own, rewards differ in every group, and
 * responses have ends of both kinds.
 */
export function staleRollout(): Scored[] {
  return sampled().map((completion, i) => ({
    completion: {
      ...completion,
      tokens: i % 5 === 1 ? completion.tokens.slice(0, 3) : completion.tokens,
      logprobs: completion.logprobs
        .map((value, t) => value + 0.4 * Math.sin(7 * i + 3 * t))
        .slice(0, i % 5 === 1 ? 3 : undefined),
      finish: i % 3 === 0 ? ('length' as const) : ('stop' as const),
    },
    reward: [1, 0, 0.5, 0, 0, 2, 0, 1][i % 8]!,
    parts: {},
    steps: [
      { end: 0, score: (i % 3) / 2 },
      { end: i % 5 === 1 ? 2 : completion.tokens.length - 1, score: [1, 0, 0.5][i % 3]! },
    ],
  }));
}

/** `groups[i]` where completions of one prompt lie next to one another. */
export function groupsOf(scored: readonly Scored[]): number[] {
  return scored.map((_, i) => Math.floor(i / GROUP_SIZE));
}

export interface GradientOptions {
  readonly advantage?: AdvantageName;
  readonly critic?: CriticSettings | undefined;
  readonly groups?: readonly number[];
  /** Padded tokens in one pass: 1 gives every sample its own. */
  readonly tokensPerMicroBatch?: number;
  readonly padToken?: number;
  readonly packed?: boolean;
  readonly recompute?: boolean;
  readonly ranks?: Ranks;
  /** Changes samples between advantages and loss. */
  readonly edit?: (samples: Sample[]) => Sample[];
}

export interface Gradient extends PolicyUpdateResult {
  /** Of all parameters, end to end; those of a critic after the policy's. */
  readonly values: Float32Array;
}

/** The gradient of a loss on a rollout, and what the step measured. */
export function gradient(scored: readonly Scored[], loss: Loss, options: GradientOptions = {}): Gradient {
  const config = lossSchema.parse(loss);
  const { recompute = false, ranks = ALONE } = options;
  const passOptions = {
    temperature: 1,
    tokensPerMicroBatch: options.tokensPerMicroBatch ?? 1e6,
    padToken: options.padToken ?? tokenizer.padId ?? 0,
    packed: options.packed,
    ranks,
  };
  const model = load(checkpoint);
  const learner = new Learner(model, optimizer, 1, undefined, ranks);
  const critic = options.critic && criticOf(options.critic, model, ranks);
  const { samples } = estimateAdvantages(scored, options.groups ?? groupsOf(scored), {
    ...passOptions,
    advantage: options.advantage ?? 'grpo',
    loss: config,
    policy,
    reference: config.kl.coefficient > 0 ? reference : undefined,
    critic,
  });
  try {
    const batch = { samples: options.edit?.(samples) ?? samples };
    const result = updatePolicy(learner, batch, {
      ...passOptions,
      loss: config,
      recompute,
      maxTokens: 12,
      reference: config.kl.coefficient > 0 && config.kl.in === 'loss' ? reference : undefined,
      sharedCritic: critic?.config.kind === 'shared' ? critic : undefined,
    });
    if (critic?.config.kind === 'separate')
      updateCritic(critic, batch, { ...passOptions, loss: config, recompute });
    const gradients = [learner, ...(critic ? [critic.learner] : [])].map(({ parameters }) =>
      parameters.gradients.toFloat32Array(),
    );
    return { ...result, values: Float32Array.from(gradients.flatMap((values) => [...values])) };
  } finally {
    critic?.learner.dispose();
    learner.dispose();
    model.dispose();
  }
}

const optimizer = optimizerSchema.parse({ peak: 1e-6, maxGradNorm: 1e9 });

/** A critic that expects something: its head is random. */
function criticOf(settings: CriticSettings, model: LanguageModel, ranks: Ranks): Critic {
  const critic = openCritic(criticSchema.parse(settings), {
    policy: model,
    checkpoint: otherCheckpoint,
    optimizer,
    totalSteps: 1,
    resolve: (place) => place,
    ranks,
  });
  const { weight } = critic.head;
  noGrad(() => scope(() => weight.copy_(randn(weight.shape, { generator: new Generator(2) }).mul_(0.1))));
  return critic;
}

/** Greatest difference of two gradients, in units of the greatest entry. */
export function distance(a: Pick<Gradient, 'values'>, b: Pick<Gradient, 'values'>): number {
  const scale = a.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return a.values.reduce((max, value, i) => Math.max(max, Math.abs(value - b.values[i]!)), 0) / scale;
}

/** Norm of the difference of two gradients, in units of the first's norm. */
export function relativeError(a: Pick<Gradient, 'values'>, b: Pick<Gradient, 'values'>): number {
  const difference = a.values.map((value, i) => value - b.values[i]!);
  return Math.hypot(...difference) / Math.hypot(...a.values);
}
