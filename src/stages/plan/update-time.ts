/**
 * @file Time and traffic of an optimiser step.
 *
 * A forward pass takes 2 N operations a token, N the parameters that compute with it (Kaplan et al. 2020, section 2.1), and 2 for each
 * multiplication of its attention; a backward pass twice that, recomputation one forward pass more. Sequences are dealt to data
 * parallel ranks evenly, but none is divided: the step lasts as long as the rank that has the longest, or its even share of the
 * tokens where that is more.
 *
 * Gathering weights and scattering gradients overlaps with computing; what tensor and expert parallel ranks send each other is
 * waited for.
 */
import type { Load } from '../../run/stage.ts';
import { type GpuCluster, gpuCount } from './cards.ts';
import { denseShards, expertGroup, type Layout, replicas, routedShards } from './layout.ts';
import { Lengths } from './lengths.ts';
import { heldParameters } from './memory.ts';
import { type ModelFacts, productWidth } from './model-facts.ts';
import { efficiency, OPTIMISER } from './rates.ts';
import {
  expertTraffic,
  type Group,
  gatherTraffic,
  NONE,
  plus,
  type Traffic,
  times,
  trafficSeconds,
} from './traffic.ts';

type Training = NonNullable<Load['training']>;

export interface StepTime {
  readonly seconds: number;
  /** Of the parts: computing, or gathering where that takes longer; waiting for other ranks; AdamW. */
  readonly computing: number;
  readonly gathering: number;
  readonly experts: number;
  readonly tensors: number;
  readonly optimiser: number;
  /** Of a forward pass over the same sequences. */
  readonly forward: number;
  /** What a GPU sends in a step. */
  readonly traffic: {
    /** Weights, to be whole for a layer. */
    readonly weights: Traffic;
    readonly gradients: Traffic;
    readonly experts: Traffic;
    readonly tensors: Traffic;
  };
  readonly microBatches: number;
  /** The operations of all tokens, without recomputation, over what all GPUs could do at their peak. */
  readonly mfu: number;
}

export function stepTime(
  facts: ModelFacts,
  training: Training,
  layout: Layout,
  cluster: GpuCluster,
): StepTime {
  const { card } = cluster;
  const lengths = new Lengths(training.mean, training.longest);
  const share = (training.rows * training.mean) / layout.data;
  const tokens = Math.max(share, lengths.longestOf(training.rows));
  const passes = 1 + (training.lora ? 1 : 2) + (layout.recompute ? 1 : 0);
  const perToken = forwardOperations(facts, lengths.meanContext);
  const rate = card.flops * efficiency(productWidth(facts));
  const computing = (passes * perToken * tokens) / layout.tensor / rate;
  const microBatches = Math.max(1, Math.ceil(tokens / layout.tokens));
  const traffic = trafficOf(facts, training, layout, cluster, tokens, microBatches);
  const gathering = trafficSeconds(plus(traffic.weights, traffic.gradients), cluster);
  const calls = (layers: number, each: number) => layers * each * (layout.recompute ? 3 : 2) * microBatches;
  const experts = trafficSeconds(traffic.experts, cluster, calls(facts.shape.experts?.layers ?? 0, 2));
  const tensors = trafficSeconds(traffic.tensors, cluster, calls(facts.config.layers, 4));
  const trained = training.lora ? 0 : heldParameters(facts, layout, cluster) * (1 + training.critics);
  const optimiser = (trained * OPTIMISER.bytes) / (card.bandwidth * OPTIMISER.share);
  // A critic goes through the same passes as the policy.
  const models = 1 + training.critics;
  const seconds = models * (Math.max(computing, gathering) + experts + tensors) + optimiser;
  const useful = 3 * models * perToken * training.rows * training.mean;
  return {
    seconds,
    computing,
    gathering,
    experts,
    tensors,
    optimiser,
    forward: Math.max(computing / passes, gathering / 3) + (experts + tensors) / (layout.recompute ? 3 : 2),
    traffic,
    microBatches,
    mfu: useful / (gpuCount(cluster) * card.flops * seconds),
  };
}

/** Operations of a forward pass for a token, attention over `context` tokens in the mean. */
export function forwardOperations(
  { activeDense, activeRouted, config, shape }: ModelFacts,
  context: number,
): number {
  return 2 * (activeDense + activeRouted + config.layers * shape.pair * context);
}

function trafficOf(
  facts: ModelFacts,
  training: Training,
  layout: Layout,
  cluster: GpuCluster,
  tokens: number,
  microBatches: number,
): StepTime['traffic'] {
  const { config, shape, dense, routed } = facts;
  const { tensor, expert, data } = layout;
  const [ofDense, ofRouted] = [denseShards(layout, tensor, cluster), routedShards(layout, cluster)];
  const parts = [
    { held: dense / tensor, copies: data, shards: ofDense, inNode: Math.max(1, cluster.gpus / tensor) },
    {
      held: routed / expert,
      copies: gpuCount(cluster) / expert,
      shards: ofRouted,
      inNode: Math.max(1, cluster.gpus / expert),
    },
  ];
  const sum = (of: (part: (typeof parts)[number]) => Traffic) => parts.map(of).reduce(plus, NONE);
  // Whole for the forward pass and again for the backward pass of each micro-batch.
  const weights = sum(({ held, shards }) => times(gatherTraffic(2 * held, shards), 2 * microBatches));
  const gradients = sum(({ held, copies, shards, inNode }) =>
    plus(
      times(gatherTraffic(4 * held, shards), microBatches),
      times(gatherTraffic((4 * held) / shards.ranks, replicas(copies, shards, inNode)), 2),
    ),
  );
  const states = 2 * config.hiddenSize;
  const rounds = layout.recompute ? 3 : 2;
  const among: Group = { ranks: tensor, inNode: tensor };
  const sent =
    shape.experts === undefined || expert === 1
      ? NONE
      : times(
          expertTraffic(
            tokens / tensor,
            states,
            { perToken: shape.experts.perToken, nodesPerToken: shape.experts.groupsPerToken },
            expertGroup(expert, cluster),
          ),
          2 * rounds * shape.experts.layers,
        );
  return {
    weights,
    gradients: training.lora ? NONE : gradients,
    experts: sent,
    // Before and after attention and the feed-forward block.
    tensors: times(gatherTraffic(tokens * states, among), 4 * rounds * config.layers),
  };
}
