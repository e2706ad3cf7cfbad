/**
 * @file The plan of a stage on a cluster: of the layouts that fit into memory those that make the whole stage fastest, the smallest
 * among equals.
 *
 * Rollout and update take turns on the same GPUs, as R1's training did: state of the one stays in memory while the other runs.
 */
import type { ModelConfig } from '../../models/index.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import type { Load } from '../../run/stage.ts';
import { type GpuCluster, gpuCount } from './cards.ts';
import { type Layout, layoutsOf } from './layout.ts';
import { Lengths } from './lengths.ts';
import { fits, type TrainingMemory, totalBytes, trainingMemory } from './memory.ts';
import { factsOf, type ModelFacts } from './model-facts.ts';
import { type Rollout, rollout, type SamplerLayout, samplerLayouts } from './rollout-time.ts';
import { trafficSeconds } from './traffic.ts';
import { type StepTime, stepTime } from './update-time.ts';

/** Layouts within this of the fastest count as equal: the model of time is no better than that. */
const EQUAL = 0.02;

/** A layout of training that fits. */
interface Training {
  readonly layout: Layout;
  readonly memory: TrainingMemory;
  readonly step: StepTime;
}

export interface TrainingPlan extends Training {
  readonly steps: number;
  /** Layouts that fit, of all; and the smallest that fits with the seconds of its step. */
  readonly fitting: number;
  readonly tried: number;
  readonly smallest: { readonly layout: Layout; readonly seconds: number };
}

export interface SamplingPlan {
  readonly rollout: Rollout;
  readonly rollouts: number;
  /** Responses of one. */
  readonly rows: number;
  /** Seconds until samplers have the weights of an update; 0 in a stage that does not train. */
  readonly weightSeconds: number;
  readonly smallest: { readonly layout: SamplerLayout; readonly seconds: number };
}

export interface StagePlan {
  readonly facts: ModelFacts;
  readonly training?: TrainingPlan;
  readonly sampling?: SamplingPlan;
  readonly seconds: StageSeconds;
}

/** Of a whole stage: rollouts, weights to samplers, forward passes of the reference, optimiser steps. */
export interface StageSeconds {
  readonly rollouts: number;
  readonly weights: number;
  readonly reading: number;
  readonly updates: number;
}

/** Why a stage has no plan. */
export interface NoPlan {
  readonly reason: string;
}

export function planStage(load: Load, config: ModelConfig, cluster: GpuCluster): StagePlan | NoPlan {
  const facts = factsOf(config);
  if (facts === null) return { reason: `how a ${config.modelType} model is divided over GPUs is not known` };
  if (load.precision !== 'auto' && load.precision !== 'bf16')
    return {
      reason: `plans are in bf16, the stage has precision ${load.precision}: run with --precision bf16`,
    };
  const { training, sampling } = load;
  if (training === undefined) {
    const alone = sampling && planSampling(facts, sampling, cluster, 0);
    return alone ? joined(facts, load, undefined, alone) : noRoom(facts, cluster, 'sample');
  }
  const layouts = layoutsOf(facts, cluster, {
    recompute: training.recompute,
    tokens: microBatches(training),
  });
  const found = layouts.flatMap((layout) => fitting(facts, training, layout, cluster));
  if (found.length === 0) return noRoom(facts, cluster, 'train');
  const { layout: smallest, step } = found[0]!;
  const counts = {
    steps: training.steps,
    fitting: found.length,
    tried: layouts.length,
    smallest: { layout: smallest, seconds: step.seconds },
  };
  const plans = found.flatMap((one) => {
    const beside = sampling && planSampling(facts, sampling, cluster, residentBytes(one.memory));
    return beside === null ? [] : [joined(facts, load, { ...one, ...counts }, beside)];
  });
  if (plans.length === 0) return noRoom(facts, cluster, 'train and sample');
  return firstOfFastest(plans, ({ seconds }) => totalSeconds(seconds));
}

export function totalSeconds({ rollouts, weights, reading, updates }: StageSeconds): number {
  return rollouts + weights + reading + updates;
}

function joined(
  facts: ModelFacts,
  load: Load,
  training: TrainingPlan | undefined,
  sampling: SamplingPlan | undefined,
): StagePlan {
  const rollouts = sampling?.rollouts ?? 0;
  const steps = training?.steps ?? 0;
  return {
    facts,
    ...(training && { training }),
    ...(sampling && { sampling }),
    seconds: {
      rollouts: rollouts * (sampling?.rollout.seconds ?? 0),
      weights: training ? rollouts * (sampling?.weightSeconds ?? 0) : 0,
      reading: steps * (training?.step.forward ?? 0) * (load.training?.reads ?? 0),
      updates: steps * (training?.step.seconds ?? 0),
    },
  };
}

/** The micro-batches that are tried: of the tokens the stage asks for, and of the longest sequence alone. */
function microBatches({ longest, tokensPerMicroBatch }: NonNullable<Load['training']>): number[] {
  const least = Math.ceil(longest);
  return [...new Set([Math.max(least, microBatchTokens(tokensPerMicroBatch, 'cuda')), least])];
}

/** The layout with its memory and time, where a GPU has room for it. */
function fitting(
  facts: ModelFacts,
  training: NonNullable<Load['training']>,
  layout: Layout,
  cluster: GpuCluster,
): Training[] {
  const memory = trainingMemory(facts, training, layout, cluster);
  if (memory === null || !fits(totalBytes(memory), cluster.card)) return [];
  return [{ layout, memory, step: stepTime(facts, training, layout, cluster) }];
}

/** What of training stays while responses are sampled. */
function residentBytes({ weights, gradients, moments, frozen }: TrainingMemory): number {
  return weights + gradients + moments + frozen;
}

/** The samplers beside what training holds; null where there is no room for any. */
function planSampling(
  facts: ModelFacts,
  { rollouts, rows, mean, longest }: NonNullable<Load['sampling']>,
  cluster: GpuCluster,
  resident: number,
): SamplingPlan | null {
  const lengths = new Lengths(mean, longest);
  const found = samplerLayouts(facts, cluster).flatMap(
    (layout) => rollout(facts, { rows, lengths }, layout, cluster, resident) ?? [],
  );
  if (found.length === 0) return null;
  const best = firstOfFastest(found, ({ seconds }) => seconds);
  const across = cluster.nodes > 1 ? best.weightBytes : 0;
  return {
    rollout: best,
    rollouts,
    rows,
    weightSeconds: trafficSeconds({ link: best.weightBytes, network: across }, cluster),
    smallest: { layout: found[0]!.layout, seconds: found[0]!.seconds },
  };
}

/** The first, so the smallest, of those that are as fast as the fastest. */
function firstOfFastest<T>(found: readonly T[], seconds: (one: T) => number): T {
  const least = Math.min(...found.map(seconds));
  return found.find((one) => seconds(one) <= least * (1 + EQUAL))!;
}

function noRoom({ parameters }: ModelFacts, cluster: GpuCluster, what: string): NoPlan {
  const where = `${gpuCount(cluster)} ${cluster.card.name}`;
  const size = `${(parameters / 1e9).toFixed(1)}B parameters`;
  return {
    reason: `no layout of ${where} has room to ${what} ${size}: give more nodes, or a card with more memory`,
  };
}
