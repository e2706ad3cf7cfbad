/** @file Cost estimate of the RL stage, for `--dry-run`. */

import type { RlConfig } from '../../rl/config.ts';
import { rewardModels } from '../../rl/reward/index.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import type { Estimate, EstimateContext } from '../../run/stage.ts';
import { estimateSeconds, memoryBasis } from '../common/cost.ts';
import { meanResponse, modelSize } from '../common/model-size.ts';

/** Tokens are counted as if responses were half as long as allowed, unless the recipe states their length. */
export function estimateRl(config: RlConfig, context: EstimateContext): Estimate {
  const { device } = context;
  const { parameters, active, layers } = modelSize(config.model, context);
  const { steps, promptsPerStep, groupSize, sampling, loss } = config;
  const rows = Math.min(sampling.maxRows, promptsPerStep * groupSize);
  const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, device);
  const response = meanResponse(sampling.maxTokens, context);
  const tokens = steps * promptsPerStep * groupSize * response.tokens;
  const sampled = tokens + validations(config) * response.tokens;
  const critic = config.critic?.kind === 'separate';
  const trained = tokens * (critic ? 2 : 1);
  return {
    parameters,
    tokens,
    bytes: 4 * (parameters * copies(config) + rewardModelParameters(config, context)),
    seconds: estimateSeconds({ parameters: active, layers, trained, tokensPerPass, sampled, rows }, device),
    work: {
      active,
      trained,
      read: loss.kl.coefficient > 0 ? tokens : 0,
      sampled,
      rollouts: { count: steps, longest: sampling.maxTokens },
    },
    basis: `${response.basis}; ${memoryBasis(config.lora !== undefined)}${critic ? '; as much for the critic' : ''}`,
  };
}

/** Responses that the validations of the stage sample. */
function validations({ validate, steps }: RlConfig): number {
  if (validate === undefined) return 0;
  const { every, problems, samples } = validate;
  return (1 + Math.ceil(steps / every)) * problems * samples;
}

/** How many times the policy's parameters are held: weights, gradients and moments, reference, critic. */
function copies({ lora, loss, critic }: RlConfig): number {
  const policy = lora ? 1 : 4;
  const reference = loss.kl.coefficient > 0 ? 1 : 0;
  return policy + reference + (critic?.kind === 'separate' ? 4 : 0);
}

function rewardModelParameters({ rewards }: RlConfig, context: EstimateContext): number {
  return rewardModels(rewards).reduce((sum, model) => sum + modelSize(model, context).parameters, 0);
}
