/**
 * @file Layouts of training: how many ranks share a model, and in which way.
 *
 * Of G GPUs, t that are neighbours in a node share each layer of a sequence (tensor parallel, with their activations divided along
 * the sequence), which leaves d = G / t data parallel ranks. The routed experts are spread over e GPUs, which send tokens to one
 * another. Weights, gradients and moments are divided over s of the d ranks (as ZeRO-3 has it) and are equal in each of d / s
 * groups.
 */
import { type GpuCluster, gpuCount } from './cards.ts';
import type { ModelFacts } from './model-facts.ts';
import type { Group } from './traffic.ts';

export interface Layout {
  /** t, d, e, s */
  readonly tensor: number;
  readonly data: number;
  readonly expert: number;
  readonly shard: number;
  readonly recompute: boolean;
  /** Tokens of a micro-batch. */
  readonly tokens: number;
}

/** Powers of 2 that divide `whole`, from 1 on. */
export function powersIn(whole: number, most = whole): number[] {
  const found = [];
  for (let n = 1; n <= most && whole % n === 0; n *= 2) found.push(n);
  return found;
}

/** The layouts that a model can have on a cluster, the smallest first: few ranks to share a model before many. */
export function layoutsOf(
  { shape }: ModelFacts,
  cluster: GpuCluster,
  { recompute, tokens }: { readonly recompute: boolean; readonly tokens: readonly number[] },
): Layout[] {
  const all = gpuCount(cluster);
  const tensors = powersIn(cluster.gpus).filter((t) => shape.heads % t === 0);
  const experts =
    shape.experts === undefined ? [1] : powersIn(all).filter((e) => shape.experts!.count % e === 0);
  return tensors.flatMap((tensor) =>
    experts.flatMap((expert) => {
      const data = all / tensor;
      return [...new Set([1, cluster.gpus / tensor, data])].flatMap((shard) =>
        [...new Set([recompute, true])].flatMap((again) =>
          tokens.map((count) => ({ tensor, data, expert, shard, recompute: again, tokens: count })),
        ),
      );
    }),
  );
}

/** Data parallel ranks that a dense weight is divided over. */
export function denseShards({ shard }: Layout, tensor: number, { gpus }: GpuCluster): Group {
  return { ranks: shard, inNode: Math.min(shard, Math.max(1, gpus / tensor)) };
}

/** GPUs that an expert's weights are divided over: those of the shard group that hold the same experts. */
export function routedShards({ shard, tensor, expert }: Layout, { gpus }: GpuCluster): Group {
  const ranks = Math.max(1, (shard * tensor) / expert);
  return { ranks, inNode: Math.min(ranks, Math.max(1, gpus / expert)) };
}

/** GPUs that experts are spread over. */
export function expertGroup(expert: number, { gpus }: GpuCluster): Group {
  return { ranks: expert, inNode: Math.min(expert, gpus) };
}

/** Groups that hold equal weights, and sum their gradients. */
export function replicas(copies: number, shards: Group, available: number): Group {
  const ranks = copies / shards.ranks;
  return { ranks, inNode: Math.min(ranks, Math.max(1, available / shards.inNode)) };
}
