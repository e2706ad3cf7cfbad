import { describe, expect, it } from 'vitest';
import { CARDS } from './cards.ts';
import { expertTraffic, gatherTraffic, trafficSeconds } from './traffic.ts';

/** Parts that ranks send in a ring all-gather, carried out step by step: to a neighbour in the node, and across nodes. */
function ring(ranks: number, inNode: number): { inside: number[]; across: number[] } {
  const held = Array.from({ length: ranks }, (_, rank) => [rank]);
  const sent = { inside: Array<number>(ranks).fill(0), across: Array<number>(ranks).fill(0) };
  for (let step = 1; step < ranks; step++) {
    const passing = held.map((parts) => parts.at(-1)!);
    for (const [rank, part] of passing.entries()) {
      const next = (rank + 1) % ranks;
      held[next]!.push(part);
      const isSameNode = Math.floor(rank / inNode) === Math.floor(next / inNode);
      sent[isSameNode ? 'inside' : 'across'][rank]! += 1;
    }
  }
  expect(new Set(held.map((parts) => new Set(parts).size))).toEqual(new Set([ranks]));
  return sent;
}

describe('gatherTraffic', () => {
  it.each([
    [8, 8],
    [16, 8],
    [12, 4],
  ])('is what a ring of %i ranks, %i in a node, sends', (ranks, inNode) => {
    const { link, network } = gatherTraffic(ranks, { ranks, inNode });
    const { inside, across } = ring(ranks, inNode);
    expect(link).toBeCloseTo(Math.max(...inside), 9);
    const ofNode = across.slice(0, inNode).reduce((sum, parts) => sum + parts, 0);
    expect(network * inNode).toBeCloseTo(ofNode, 9);
  });

  it('is nothing for one rank, and all network for one rank a node', () => {
    expect(gatherTraffic(1e9, { ranks: 1, inNode: 1 })).toEqual({ link: 0, network: 0 });
    expect(gatherTraffic(1e9, { ranks: 4, inNode: 1 })).toEqual({ link: 0, network: 0.75e9 });
  });
});

describe('expertTraffic', () => {
  const experts = { perToken: 8 };

  it('stays in the node where the experts do', () => {
    expect(expertTraffic(10, 100, experts, { ranks: 8, inNode: 8 })).toEqual({
      link: 10 * 8 * 100 * (7 / 8),
      network: 0,
    });
    expect(expertTraffic(10, 100, experts, { ranks: 1, inNode: 1 })).toEqual({ link: 0, network: 0 });
  });

  it('crosses to as many nodes as eight draws among them reach, no more than groups allow', () => {
    const { network } = expertTraffic(1, 1, experts, { ranks: 64, inNode: 8 });
    // Of 8 nodes, 8 draws reach 8 · (1 - (7/8)^8) = 5.25, of which 7 in 8 are others.
    expect(network).toBeCloseTo(5.251 * (7 / 8), 2);
    const limited = expertTraffic(1, 1, { ...experts, nodesPerToken: 4 }, { ranks: 64, inNode: 8 });
    expect(limited.network).toBeCloseTo(4 * (7 / 8), 9);
  });
});

describe('trafficSeconds', () => {
  const cluster = { card: CARDS.h100!, nodes: 2, gpus: 8 };

  it('is that of the slower of link and network, and a time of each call', () => {
    expect(trafficSeconds({ link: 360e9, network: 0 }, cluster)).toBeCloseTo(1, 9);
    expect(trafficSeconds({ link: 360e9, network: 85e9 }, cluster)).toBeCloseTo(2, 9);
    expect(trafficSeconds({ link: 1, network: 0 }, cluster, 100)).toBeCloseTo(1e-3, 9);
    expect(trafficSeconds({ link: 0, network: 0 }, cluster, 100)).toBe(0);
  });
});
