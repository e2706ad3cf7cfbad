/**
 * @file Works that ranks do together. A process alone does the same with ALONE: what each gives must be the same, or the
 * same but for rounding.
 */
import { layRows, padRows, type Rows, splitRows } from '../../src/data/index.ts';
import { initHead, initModel, type LanguageModel, parseConfig, ValueModel } from '../../src/models/index.ts';
import { Random } from '../../src/random.ts';
import type { Ranks } from '../../src/ranks.ts';
import type { Completion, Prompt } from '../../src/records.ts';
import { estimateAdvantages } from '../../src/rl/advantages.ts';
import { lossSchema } from '../../src/rl/loss/index.ts';
import { rolloutByGroup } from '../../src/rl/rollout/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { updatePolicy } from '../../src/rl/update.ts';
import { nextTokenStep } from '../../src/stages/common/next-token.ts';
import type { JudgedItem } from '../../src/stages/reward-model/data.ts';
import { rewardModelStep } from '../../src/stages/reward-model/step.ts';
import { gradient, groupsOf, policy, staleRollout, tokenizer } from '../invariants/policy.ts';
import { SETTINGS } from '../invariants/settings.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

/** A gradient, and the numbers that a step reports beside it. */
export interface Made {
  readonly values: Float32Array;
  readonly reported: { readonly [name: string]: number };
}

const optimizer = optimizerSchema.parse({ peak: 1e-4, warmup: 5 });

const modelOf = (changes: object = {}): LanguageModel =>
  initModel(parseConfig({ ...TINY_CONFIG, ...changes }, 'test'), 3, { device: 'cpu', scheme: 'scaled' });

/** Sequences of random tokens, of unequal length. */
function sequences(count: number, shortest: number, longest: number, seed: number) {
  const random = Random.derive(seed, 'sequences');
  return Array.from({ length: count }, () => {
    const length = random.int(shortest, longest);
    const tokens = Int32Array.from({ length }, () => random.int(0, TINY_CONFIG.vocab_size - 1));
    return { tokens, trained: new Uint8Array(length).fill(1) };
  });
}

/** Layouts of a step of next-token prediction: padded, packed, and a single micro-batch, which has to be cut. */
const LAYOUTS: { readonly [name: string]: (seed: number) => Rows[] } = {
  padded: (seed) => [padRows(sequences(5, 9, 14, seed), 0), padRows(sequences(6, 3, 8, seed + 100), 0)],
  packed: (seed) => {
    const all = sequences(12, 3, 10, seed);
    const rows = layRows([all.slice(0, 3), all.slice(3, 6), all.slice(6, 9), all.slice(9)], 32, 0);
    return splitRows(rows, 64);
  },
  'one micro-batch': (seed) => [padRows(sequences(7, 4, 16, seed), 0)],
};

const MIXTURE = {
  model_type: 'qwen3_moe',
  head_dim: 16,
  num_experts: 4,
  num_experts_per_tok: 2,
  moe_intermediate_size: 16,
  norm_topk_prob: true,
};

/** One step of next-token prediction, in each layout and with experts. */
function nextToken(ranks: Ranks): Record<string, Made> {
  const cases = Object.entries(LAYOUTS).map(([name, rows]) => [name, rows, {}, {}] as const);
  const balanced = ['experts', LAYOUTS.packed!, MIXTURE, { balanceLoss: 0.01 }] as const;
  return Object.fromEntries(
    [...cases, balanced].map(([name, rows, keys, further]) => {
      const learner = new Learner(modelOf(keys), { ...optimizer, ...further }, 10, undefined, ranks);
      const { loss, entropy, accuracy, targets, gradNorm } = nextTokenStep(learner, rows(1));
      const load = learner.experts.take()?.loadMax ?? 0;
      const reported = { loss, entropy, accuracy, targets, gradNorm, load };
      return [name, { values: learner.parameters.gradients.toFloat32Array(), reported }];
    }),
  );
}

/** The gradient of every setting of RL. */
function policyGradients(ranks: Ranks): Record<string, Made> {
  const scored = staleRollout();
  return Object.fromEntries(
    SETTINGS.map(({ name, advantage, loss, critic }) => {
      const made = gradient(scored, loss, { advantage, critic, tokensPerMicroBatch: 60, ranks });
      const { loss: value, entropy, kl, tokens, masked, clippedHigh, approximateKl, gradNorm } = made;
      const reported = { loss: value, entropy, kl, tokens, masked, clippedHigh, approximateKl, gradNorm };
      return [name, { values: made.values, reported }];
    }),
  );
}

/** One step of a reward model of each kind. */
function judged(ranks: Ranks): Record<string, Made> {
  return Object.fromEntries(
    (['pairwise', 'pointwise'] as const).map((kind) => {
      const texts = sequences(14, 2, 12, 7).map(({ tokens }) => tokens);
      const items: JudgedItem[] =
        kind === 'pairwise'
          ? Array.from({ length: 7 }, (_, i) => ({
              sequences: [texts[2 * i]!, texts[2 * i + 1]!],
              good: true,
            }))
          : texts.map((text, i) => ({ sequences: [text], good: i % 3 > 0 }));
      const trunk = modelOf();
      const model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
      const learner = new Learner(model, optimizer, 10, undefined, ranks);
      const passes = { padToken: 0, tokensPerMicroBatch: 30 };
      const { loss, right, meanScore, gradNorm } = rewardModelStep(learner, kind, items, passes);
      const reported = { loss, right, meanScore, gradNorm };
      return [kind, { values: learner.parameters.gradients.toFloat32Array(), reported }];
    }),
  );
}

/**
 * The weights after steps on rows that give every rank one micro-batch, all of one shape.
 * @param parts - micro-batches of a step: as many as the ranks that are compared with
 */
function equalShapes(ranks: Ranks, parts: number): Float32Array {
  const learner = new Learner(modelOf(), optimizer, 10, undefined, ranks);
  for (let step = 0; step < 5; step++) {
    const rows = layRows(
      sequences(2 * parts, 16, 16, step).map((sequence) => [sequence]),
      16,
      0,
    );
    nextTokenStep(learner, splitRows(rows, 32));
  }
  return learner.parameters.values.toFloat32Array();
}

/** Optimiser steps of the long comparisons. */
const STEPS = 50;

/** The weights after 50 steps of next-token prediction. */
function fiftySteps(ranks: Ranks): Float32Array {
  const learner = new Learner(modelOf(), optimizer, STEPS, undefined, ranks);
  for (let step = 0; step < STEPS; step++) nextTokenStep(learner, LAYOUTS.padded!(step));
  return learner.parameters.values.toFloat32Array();
}

/** The weights after 50 steps of GRPO on stored completions. */
function fiftyPolicySteps(ranks: Ranks): Float32Array {
  const model = modelOf();
  const learner = new Learner(model, optimizer, STEPS, undefined, ranks);
  const loss = lossSchema.parse({ aggregation: 'token-mean' });
  const passes = { temperature: 1, tokensPerMicroBatch: 60, padToken: 0, ranks };
  const scored = staleRollout();
  for (let step = 0; step < STEPS; step++) {
    const some = scored.slice(4 * (step % 3), 4 * (step % 3) + 8);
    const options = { ...passes, advantage: 'grpo', loss, policy: model } as const;
    const { samples } = estimateAdvantages(some, groupsOf(some), options);
    updatePolicy(learner, { samples }, { ...passes, loss, maxTokens: 12 });
  }
  return learner.parameters.values.toFloat32Array();
}

/** Prompts of a rollout: as many as are no multiple of the ranks. */
export const PROMPTS: readonly Prompt[] = Array.from({ length: 7 }, (_, i) => ({
  id: `test/${i}`,
  task: 'jsonl',
  text: `what is ${'1 + '.repeat(i % 4)}${i} ?`,
  answer: null,
}));

/** How they are sampled. */
export const SAMPLING = { groupSize: 6, maxTokens: 40, temperature: 1, seed: 11 };

/** Responses of a random model, and which groups this rank was handed over while it sampled. */
async function rollouts(ranks: Ranks): Promise<{ completions: Completion[]; handed: string[] }> {
  const handed: string[] = [];
  const completions = await rolloutByGroup(
    { model: policy, tokenizer, template: 'plain', version: 0 },
    PROMPTS,
    { ...SAMPLING, ranks },
    (group) => handed.push(group[0]!.prompt.id),
  );
  return { completions, handed: handed.toSorted() };
}

export const WORKS = {
  nextToken,
  policyGradients,
  judged,
  equalShapes,
  fiftySteps,
  fiftyPolicySteps,
  rollouts,
} satisfies Record<string, (ranks: Ranks, size: number) => unknown>;

export type WorkName = keyof typeof WORKS;

/** What works give, by their names. */
export type Results = { readonly [name in WorkName]: Awaited<ReturnType<(typeof WORKS)[name]>> };
