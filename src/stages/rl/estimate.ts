/** @file Cost estimate of the RL stage, for `--dry-run`. */

import { bytesInWords } from '../../bytes.ts';
import { type Numerics, numericsOf, onShapes, parameterBytes, policyBytes } from '../../models/index.ts';
import type { RlConfig } from '../../rl/config.ts';
import { rewardModels } from '../../rl/reward/index.ts';
import { requireExperts } from '../../rl/run.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import type { Estimate, EstimateContext, Load, ModelSize } from '../../run/stage.ts';
import { estimateSeconds, memoryBasis } from '../common/cost.ts';
import { meanResponse, modelConfig, modelSize } from '../common/model-size.ts';
import { requireLayers } from '../common/required-layers.ts';
import { samplingBytes } from '../common/sampling-memory.ts';
import { withPass } from '../common/training-memory.ts';

/** Tokens are counted as if responses were half as long as allowed, unless the recipe states their length. */
export function estimateRl(config: RlConfig, context: EstimateContext): Estimate {
  const { device } = context;
  const size = modelSize(config.model, context);
  const { parameters, active, layers } = size;
  const { steps, promptsPerStep, groupSize, sampling, loss } = config;
  const rows = Math.min(sampling.maxRows, promptsPerStep * groupSize);
  const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, device);
  const response = meanResponse(sampling.maxTokens, context);
  const tokens = steps * promptsPerStep * groupSize * response.tokens;
  const sampled = tokens + validations(config) * response.tokens;
  const critic = config.critic?.kind === 'separate';
  const trained = tokens * (critic ? 2 : 1);
  const numerics = numericsOf(config.precision, device);
  const estimated = {
    parameters,
    tokens,
    bytes: bytesOf(config, size, rewardModelParameters(config, context), numerics),
    seconds: estimateSeconds(
      { parameters: active, layers, trained, tokensPerPass, sampled, rows, precision: numerics.precision },
      device,
    ),
    work: {
      active,
      trained,
      read: loss.kl.coefficient > 0 ? tokens : 0,
      sampled,
      rollouts: { count: steps, longest: sampling.maxTokens },
    },
    load: loadOf(config, response.tokens, rewardModelParameters(config, context) / parameters),
    basis: `${response.basis}; ${memoryBasis(config.lora, numerics)}${critic ? '; as much for the critic' : ''}`,
  };
  const shape = modelConfig(config.model, context);
  requireLayers(shape, config);
  if (shape !== null && config.routerReplay !== undefined)
    onShapes(shape, 'float32', (model) => requireExperts(model, config));
  const update = withPass(estimated, shape, config, {
    rows: promptsPerStep * groupSize,
    length: sampling.maxTokens,
    head: { temperature: sampling.temperature || 1, entropyGradient: loss.entropy.bonus > 0 },
    device,
  });
  return shape === null
    ? update
    : withRollout(
        update,
        estimated.bytes,
        samplingBytes(shape, numerics.dtype, { rows, length: sampling.maxTokens }),
      );
}

/** @param ofRewards - parameters of the reward models as a multiple of the policy's */
function loadOf(config: RlConfig, mean: number, ofRewards: number): Load {
  const { steps, promptsPerStep, groupSize, minibatches, loss, lora, critic } = config;
  const rows = promptsPerStep * groupSize;
  const longest = config.sampling.maxTokens;
  const reads = loss.kl.coefficient > 0 ? 1 : 0;
  return {
    model: config.model,
    precision: config.precision,
    training: {
      steps: steps * minibatches,
      rows: rows / minibatches,
      mean,
      longest,
      recompute: config.recompute,
      lora: lora !== undefined,
      tokensPerMicroBatch: config.tokensPerMicroBatch,
      // With LoRA the reference is the policy's frozen weights.
      frozen: (lora === undefined ? reads : 0) + ofRewards,
      critics: critic?.kind === 'separate' ? 1 : 0,
      reads,
      vocabulary: true,
    },
    sampling: { rollouts: steps, rows, mean, longest },
  };
}

/** Rollout and update follow one another: the larger decides. */
function withRollout(update: Estimate, state: number, rollout: number): Estimate {
  return {
    ...update,
    bytes: Math.max(update.bytes!, state + rollout),
    basis: `${update.basis}; KV cache and logits of the rollout ${bytesInWords(rollout)}`,
  };
}

/** Responses that the validations of the stage sample. */
function validations({ validate, steps }: RlConfig): number {
  if (validate === undefined) return 0;
  const { every, problems, samples } = validate;
  return (1 + Math.ceil(steps / every)) * problems * samples;
}

/**
 * Bytes of policy, reference and critic, of as many parameters each, and of the reward models. With LoRA the reference is
 * the policy's frozen weights.
 */
function bytesOf(
  { lora, loss, critic }: RlConfig,
  size: ModelSize,
  ofRewards: number,
  { dtype }: Numerics,
): number {
  const reference = loss.kl.coefficient > 0;
  const own = policyBytes(size, dtype, { lora, reference, critic: critic?.kind === 'separate' });
  return own + ofRewards * parameterBytes(dtype).frozen;
}

function rewardModelParameters({ rewards }: RlConfig, context: EstimateContext): number {
  return rewardModels(rewards).reduce((sum, model) => sum + modelSize(model, context).parameters, 0);
}
