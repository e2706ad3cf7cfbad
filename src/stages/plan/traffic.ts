/**
 * @file Bytes that a GPU sends in a collective, inside its node and between nodes, and how long that takes.
 *
 * Ring collectives over n ranks, m of them in a node: each rank passes on (n - 1) / n of the whole to its neighbour. One in m is
 * the last of its node and has its neighbour in the next; NCCL lays as many rings as a node has network ports, so that all ranks of
 * a node send an m-th of it. An all-reduce is a reduce-scatter and an all-gather.
 */
import type { GpuCluster } from './cards.ts';
import { LINK, NETWORK } from './rates.ts';

/** Bytes a GPU sends. */
export interface Traffic {
  readonly link: number;
  readonly network: number;
}

export const NONE: Traffic = { link: 0, network: 0 };

export function plus(a: Traffic, b: Traffic): Traffic {
  return { link: a.link + b.link, network: a.network + b.network };
}

export function times({ link, network }: Traffic, factor: number): Traffic {
  return { link: link * factor, network: network * factor };
}

/** Ranks that take part in a collective. */
export interface Group {
  readonly ranks: number;
  /** Those of them in a node. */
  readonly inNode: number;
}

/** What an all-gather of `bytes`, or a reduce-scatter to that, makes each rank send. */
export function gatherTraffic(bytes: number, { ranks, inNode }: Group): Traffic {
  const passed = (bytes * (ranks - 1)) / ranks;
  return { link: inNode > 1 ? passed : 0, network: ranks > inNode ? passed / inNode : 0 };
}

/**
 * What sending tokens to the experts of other ranks makes each rank send, one way. A token goes to a node once, and over its link
 * from there (DeepEP); experts are chosen at random, of `nodesPerToken` nodes at most.
 * @param bytes - of a token's states
 */
export function expertTraffic(
  tokens: number,
  bytes: number,
  {
    perToken,
    nodesPerToken = Infinity,
  }: { readonly perToken: number; readonly nodesPerToken?: number | undefined },
  { ranks, inNode }: Group,
): Traffic {
  const nodes = ranks / inNode;
  const reached = Math.min(nodes * (1 - (1 - 1 / nodes) ** perToken), nodesPerToken);
  return {
    link: (tokens * perToken * bytes * (inNode - 1)) / inNode,
    network: nodes > 1 ? (tokens * reached * bytes * (nodes - 1)) / nodes : 0,
  };
}

/** Seconds that link and network, which work side by side, take for it. @param calls - collectives it is divided into */
export function trafficSeconds({ link, network }: Traffic, { card }: GpuCluster, calls = 0): number {
  const seconds = Math.max(
    link / (card.linkBandwidth * LINK.share),
    network / ((card.networkGbps / 8) * 1e9 * NETWORK.share),
  );
  return seconds + calls * (network > 0 ? NETWORK.latency : link > 0 ? LINK.latency : 0);
}
