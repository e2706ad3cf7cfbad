/**
 * @file Samplers: how many GPUs share a copy of the model, its memory, and the time of a rollout.
 *
 * A decoding step reads the weights that its rows use and their cache once: bytes over bandwidth, or operations over the peak where
 * they take longer, and a time of each layer however small it is (rates.ts). Of E experts in a layer, k of which a row chooses, n
 * rows use E · (1 - (1 - k / E)^n). Rows end at lengths of their own (lengths.ts), those that end make room for others that wait,
 * and the rollout lasts until the longest has ended. Prompts are not counted.
 */
import { type GpuCluster, gpuCount } from './cards.ts';
import { expertGroup, powersIn } from './layout.ts';
import type { Lengths } from './lengths.ts';
import { fits } from './memory.ts';
import { type ModelFacts, productWidth } from './model-facts.ts';
import { DECODING, efficiency } from './rates.ts';
import { expertTraffic, gatherTraffic, NONE, trafficSeconds } from './traffic.ts';

/** GPUs that share a copy: heads and blocks over `tensor` of them, experts over all `expert`. */
export interface SamplerLayout {
  readonly tensor: number;
  readonly expert: number;
  /** GPUs of a copy: the larger of the two. */
  readonly gpus: number;
}

export interface SamplerMemory {
  readonly weights: number;
  /** Of the rows decoded at once, at their longest. */
  readonly cache: number;
}

export interface Rollout {
  readonly layout: SamplerLayout;
  readonly memory: SamplerMemory;
  readonly copies: number;
  /** Rows that a copy decodes at once. */
  readonly rows: number;
  /** Seconds of a rollout, of them those with all rows, and of a step then. */
  readonly seconds: number;
  readonly firstStep: number;
  /** Bytes of weights that a GPU takes in after an update. */
  readonly weightBytes: number;
}

export function samplerLayouts({ shape }: ModelFacts, cluster: GpuCluster): SamplerLayout[] {
  const all = gpuCount(cluster);
  const tensors = powersIn(cluster.gpus).filter((t) => shape.heads % t === 0);
  const experts =
    shape.experts === undefined ? [1] : powersIn(all).filter((e) => shape.experts!.count % e === 0);
  return tensors
    .flatMap((tensor) => experts.map((expert) => ({ tensor, expert, gpus: Math.max(tensor, expert) })))
    .sort((a, b) => a.gpus - b.gpus || a.tensor - b.tensor);
}

/**
 * A rollout with a layout; null where a GPU has no room for one row.
 * @param rows - responses of all GPUs
 * @param resident - bytes of each GPU that are taken already
 */
export function rollout(
  facts: ModelFacts,
  { rows, lengths }: { readonly rows: number; readonly lengths: Lengths },
  layout: SamplerLayout,
  cluster: GpuCluster,
  resident: number,
): Rollout | null {
  const copies = gpuCount(cluster) / layout.gpus;
  const weights = 2 * (facts.dense / layout.tensor + facts.routed / layout.expert);
  const share = Math.ceil(rows / copies);
  const perRow = (lengths.limit * facts.cacheBytes) / cachesOf(facts, layout);
  const atOnce = mostRows(share, (n) => fits(resident + weights + n * perRow, cluster.card));
  if (atOnce === 0) return null;
  const step = (n: number, context: number) => stepSeconds(facts, layout, cluster, n, context);
  const all = step(atOnce, lengths.meanContext);
  // While rows wait, as many as there is room for are decoded, of all ages.
  const waiting = ((share - atOnce) * lengths.mean * all) / atOnce;
  return {
    layout,
    copies,
    rows: atOnce,
    memory: { weights, cache: atOnce * perRow },
    firstStep: all,
    seconds: waiting + drain(atOnce, lengths, step),
    weightBytes: weights,
  };
}

/** The rows of a copy's cache that each GPU holds are 1 / this of all. */
function cachesOf({ shape }: ModelFacts, { tensor, gpus }: SamplerLayout): number {
  return (gpus / tensor) * Math.min(tensor, shape.cacheHeads);
}

/** The most of `wanted` rows, halved until they fit. */
function mostRows(wanted: number, fitting: (rows: number) => boolean): number {
  let rows = wanted;
  while (rows > 0 && !fitting(rows)) rows = Math.floor(rows / 2);
  return rows;
}

/** Steps of the integral over the length. */
const PIECES = 64;

/** Seconds until rows that begin together have all ended; the longest is as long as is allowed. */
function drain(rows: number, lengths: Lengths, step: (rows: number, context: number) => number): number {
  const each = lengths.limit / PIECES;
  let seconds = 0;
  for (let i = 0; i < PIECES; i++) {
    const middle = (i + 0.5) * each;
    seconds += each * step(Math.max(1, rows * lengths.longerThan(middle)), middle);
  }
  return seconds;
}

/** Seconds of a step of n rows over `context` tokens each. */
export function stepSeconds(
  facts: ModelFacts,
  layout: SamplerLayout,
  cluster: GpuCluster,
  rows: number,
  context: number,
): number {
  const { card } = cluster;
  const { activeDense, activeRouted, routed, cacheBytes, shape, config } = facts;
  const { tensor, expert, gpus } = layout;
  const [count, perToken] = [shape.experts?.count ?? 1, shape.experts?.perToken ?? 0];
  const used = 1 - (1 - perToken / count) ** rows;
  const weights = 2 * (activeDense / tensor + (routed * used) / expert);
  const cache = (rows * context * cacheBytes) / cachesOf(facts, layout);
  // Groups of `tensor` GPUs have their own rows; the experts read those of the whole copy.
  const own = (rows * tensor) / gpus;
  const attention = config.layers * shape.cachedPair * context;
  const operations = (2 * own * (activeDense + attention)) / tensor + (2 * rows * activeRouted) / expert;
  const reading = (weights + cache) / (card.bandwidth * DECODING.share);
  const computing = operations / (card.flops * efficiency(productWidth(facts)));
  return (
    config.layers * DECODING.layer +
    Math.max(reading, computing) +
    waitingSeconds(facts, layout, cluster, rows)
  );
}

/** Seconds of a step in which GPUs of a copy send each other the states of its rows. */
function waitingSeconds(facts: ModelFacts, layout: SamplerLayout, cluster: GpuCluster, rows: number): number {
  const { config, shape } = facts;
  const { tensor, expert, gpus } = layout;
  const states = 2 * config.hiddenSize;
  const own = (rows * tensor) / gpus;
  const summed = gatherTraffic(2 * own * states, { ranks: tensor, inNode: tensor });
  const tensors = tensor > 1 ? trafficSeconds(summed, cluster, 1) * 2 * config.layers : 0;
  if (expert === 1 || shape.experts === undefined) return tensors;
  const { perToken, groupsPerToken, layers } = shape.experts;
  const sent = expertTraffic(
    rows / gpus,
    states,
    { perToken, nodesPerToken: groupsPerToken },
    expertGroup(expert, cluster),
  );
  return tensors + trafficSeconds(sent ?? NONE, cluster, 1) * 2 * layers;
}
