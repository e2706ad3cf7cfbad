/**
 * @file The critic of PPO (Schulman et al., arXiv 1707.06347): a value for each token of a response, learnt beside the
 * policy, so that the advantage of a token is what followed beyond what was expected.
 *
 * `separate` is a second model, a copy of the policy's checkpoint with a scalar head, trained by itself: as much memory
 * again as the policy. `shared` is a head alone, on the policy's own states; its loss reaches the policy's weights too.
 * Values of a rollout are computed once, before the first update on it.
 */
import { z } from 'zod';
import {
  initHead,
  type LanguageModel,
  loadModel,
  loadValueModel,
  type ScalarHead,
  ValueModel,
} from '../models/index.ts';
import type { Module } from '../models/layers/index.ts';
import type { Ranks } from '../ranks.ts';
import type { Completion } from '../records.ts';
import type { Tensor } from '../torch/index.ts';
import type { GaeOptions } from './advantage/index.ts';
import {
  type PassOptions,
  type Pieces,
  perToken,
  responseStates,
  type SequenceTensors,
} from './loss/index.ts';
import { checkpointSchema } from './settings.ts';
import { Learner, type OptimizerConfig, optimizerSchema } from './update/index.ts';

const shared = {
  lambda: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('λ of GAE: 1 trusts rewards alone, lower values trust the critic more'),
  gamma: z.number().min(0).max(1).default(1).describe('γ: discount of rewards, per token'),
  whiten: z.boolean().default(true).describe('Normalise the advantages over every token of the rollout'),
  clip: z
    .number()
    .positive()
    .nullable()
    .default(0.2)
    .describe('ε of the value loss: how far V may move on one rollout; null does not clip'),
  optimizer: optimizerSchema.optional().describe("The critic's own; as the policy's unless given"),
};

/** A recipe's `critic`. */
export const criticSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('separate').describe('A second model of its own'),
    model: checkpointSchema
      .optional()
      .describe('Value model to start from; a copy of the policy with a new head unless given'),
    ...shared,
  }),
  z.strictObject({
    kind: z.literal('shared').describe("A head on the policy's states"),
    coefficient: z.number().positive().default(0.1).describe("Weight of the value loss in the policy's"),
    ...shared,
  }),
]);

export type CriticConfig = z.output<typeof criticSchema>;

export interface Critic {
  readonly config: CriticConfig & GaeOptions;
  /** Whose states the head reads: a model of its own, or the policy. */
  readonly trunk: Pick<LanguageModel, 'config' | 'device' | 'hidden' | 'parts'>;
  readonly head: ScalarHead;
  /** Of trunk and head where the trunk is the critic's own, else of the head alone. */
  readonly learner: Learner<Module>;
}

export interface CriticSource {
  /** The policy, and the folder of its checkpoint. */
  readonly policy: LanguageModel;
  readonly checkpoint: string;
  /** The policy's. */
  readonly optimizer: OptimizerConfig;
  /** Optimiser steps of the whole stage. */
  readonly totalSteps: number;
  /** Path of `critic.model`. */
  readonly resolve: (reference: string) => string;
  readonly ranks: Ranks;
}

/** A critic at its start, computing in the policy's dtype: a new head says 0 of everything. */
export function openCritic(config: CriticConfig, source: CriticSource): Critic {
  const { policy, checkpoint, totalSteps, resolve, ranks } = source;
  // A head has no experts, so the policy's balance is not the critic's.
  const optimizer = config.optimizer ?? {
    ...source.optimizer,
    expertBias: undefined,
    balanceLoss: undefined,
  };
  if (config.kind === 'shared') {
    const head = initHead(policy);
    return {
      config,
      trunk: policy,
      head,
      learner: new Learner(head, optimizer, totalSteps, undefined, ranks),
    };
  }
  // What is trained comes in float32: the learner rounds it.
  const options = { device: policy.device, dtype: 'float32' } as const;
  const copy = (): ValueModel => {
    const trunk = loadModel(checkpoint, options);
    return new ValueModel(trunk, initHead(trunk));
  };
  const model = config.model === undefined ? copy() : loadValueModel(resolve(config.model), options);
  return {
    config,
    trunk: model.trunk,
    head: model.score,
    learner: new Learner(model, optimizer, totalSteps, policy.dtype, ranks),
  };
}

/** V before each response token of each completion, without history; a micro-batch a piece. */
export function valuePieces(
  { trunk, head }: Pick<Critic, 'trunk' | 'head'>,
  completions: readonly Completion[],
  options: Omit<PassOptions, 'temperature'>,
): Pieces<Float32Array[]> {
  const of = (batch: SequenceTensors): Tensor[] => [head.forward(responseStates(trunk, batch))];
  return perToken(completions, 1, { ...options, device: trunk.device }, of, ([values]) => values!);
}

/** What a state keeps of a critic beside that of the policy. */
export function criticTensors(critic: Critic | undefined): Map<string, Tensor> {
  if (critic === undefined) return new Map();
  const { parameters, optimizer } = critic.learner;
  return new Map([
    ['critic.values', parameters.values],
    ['critic.first_moment', optimizer.firstMoment],
    ['critic.second_moment', optimizer.secondMoment],
  ]);
}
