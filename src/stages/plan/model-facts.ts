/** @file Parameters, active parameters and bytes of cache of a model, counted once from its configuration for a plan. */
import {
  type ModelConfig,
  modelParts,
  modelSizes,
  type ParallelShape,
  parallelShape,
} from '../../models/index.ts';

export interface ModelFacts {
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Parameters outside of routed experts, and in them. */
  readonly dense: number;
  readonly routed: number;
  /** Those of both that compute with a token: an embedding that is only looked up does not. */
  readonly activeDense: number;
  readonly activeRouted: number;
  /** Of a token in a cache of bfloat16. */
  readonly cacheBytes: number;
  readonly shape: ParallelShape;
}

/** Facts that have been counted: of a model with many experts that takes a second. */
const counted = new WeakMap<ModelConfig, ModelFacts>();

/** Null for an architecture that does not say how its layers can be divided. */
export function factsOf(config: ModelConfig): ModelFacts | null {
  const facts = counted.get(config) ?? countFacts(config);
  if (facts !== null) counted.set(config, facts);
  return facts;
}

function countFacts(config: ModelConfig): ModelFacts | null {
  const shape = parallelShape(config);
  if (shape === null) return null;
  const { parameters, active, cacheBytesPerToken } = modelSizes(config, 'bfloat16');
  const experts = modelParts(config).find(({ part }) => part === 'experts');
  const routed = experts?.parameters ?? 0;
  const activeRouted = experts?.active ?? 0;
  return {
    config,
    parameters,
    dense: parameters - routed,
    routed,
    activeDense: active - activeRouted,
    activeRouted,
    cacheBytes: cacheBytesPerToken,
    shape,
  };
}

/** The smaller side of the model's matrix products. */
export function productWidth({ config, shape }: ModelFacts): number {
  return Math.min(config.hiddenSize, shape.experts?.width ?? Number.POSITIVE_INFINITY);
}
