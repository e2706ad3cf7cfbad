/**
 * @file Memory of a GPU in training, by part. For each parameter in bfloat16 a weight of 2 bytes, a float32 gradient of 4, a float32
 * master and two moments of 12 (models/precision.ts), divided over the ranks that share them. Over shards, the weights of two layers
 * are there whole, one in use and one fetched ahead, and the gradient of one before it is scattered. Activations and logits are those
 * of the dry run (common/training-memory.ts), divided over tensor parallel ranks.
 */
import { GPU_KERNELS } from '../../models/index.ts';
import type { Load } from '../../run/stage.ts';
import { passMemory } from '../common/training-memory.ts';
import type { Card, GpuCluster } from './cards.ts';
import { denseShards, type Layout, routedShards } from './layout.ts';
import type { ModelFacts } from './model-facts.ts';

export interface TrainingMemory {
  readonly weights: number;
  readonly gradients: number;
  /** The float32 master and two moments. */
  readonly moments: number;
  /** The reference and reward models. */
  readonly frozen: number;
  /** Whole layers, where weights are divided. */
  readonly gathered: number;
  readonly activations: number;
  /** Logits, or the gradients of a layer where they are more. */
  readonly logits: number;
}

type Training = NonNullable<Load['training']>;

/** Null for an architecture that does not say what its layers keep. */
export function trainingMemory(
  facts: ModelFacts,
  training: Training,
  layout: Layout,
  cluster: GpuCluster,
): TrainingMemory | null {
  const { config } = facts;
  const { tensor, tokens, recompute } = layout;
  const { lora, longest, vocabulary, frozen, critics } = training;
  const pass = passMemory({
    config,
    lora,
    recompute,
    tokens,
    length: Math.min(longest, tokens),
    head: vocabulary ? {} : null,
    device: 'cuda',
    dtype: 'bfloat16',
    kernels: GPU_KERNELS,
    headKernel: true,
  });
  if (pass.activations === null) return null;
  const held = heldParameters(facts, layout, cluster);
  const trained = lora ? 0 : 1 + critics;
  return {
    weights: 2 * held * Math.max(trained, 1),
    gradients: 4 * held * trained,
    moments: 12 * held * trained,
    frozen: 2 * held * frozen,
    gathered: gatheredBytes(facts, layout, cluster),
    activations: pass.activations / tensor,
    logits: pass.head / tensor,
  };
}

/** Parameters of which a GPU holds the state. */
export function heldParameters(facts: ModelFacts, layout: Layout, cluster: GpuCluster): number {
  const { tensor, expert } = layout;
  const ofDense = facts.dense / tensor / denseShards(layout, tensor, cluster).ranks;
  return ofDense + facts.routed / expert / routedShards(layout, cluster).ranks;
}

function gatheredBytes(
  { config, dense, routed, shape }: ModelFacts,
  layout: Layout,
  cluster: GpuCluster,
): number {
  const { tensor, expert, shard } = layout;
  if (shard === 1) return 0;
  // Looked up and not kept a layer ahead.
  const embedding = (config.vocabSize * config.hiddenSize) / tensor;
  const ofExperts =
    routedShards(layout, cluster).ranks > 1 ? routed / (shape.experts?.layers ?? 1) / expert : 0;
  const layer = dense / config.layers / tensor + ofExperts;
  return Math.max((2 + 2 + 4) * layer, (2 + 4) * embedding);
}

export function totalBytes(memory: TrainingMemory): number {
  return Object.values(memory).reduce((sum, part: number) => sum + part, 0);
}

/** Measured peaks were up to 3 % above the sum; CUDA and NCCL hold about 2 GiB themselves. */
const SLACK = { share: 0.03, bytes: 2 * 2 ** 30 } as const;

/** Whether a GPU has room for it. */
export function fits(bytes: number, { memoryGiB }: Card): boolean {
  return bytes * (1 + SLACK.share) + SLACK.bytes <= memoryGiB * 2 ** 30;
}
