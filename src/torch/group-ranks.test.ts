/** Ranks over a group: values of any size cross, and each rank has a GPU of its own. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { GroupRanks, gpuOf } from './group-ranks.ts';
import type { Tensor } from './tensor.ts';

/** The first of two ranks, whose partner gives what it gives. */
const mirrored = new GroupRanks({
  rank: 0,
  size: 2,
  allReduce: () => undefined,
  allGather: (into: readonly Tensor[], from: Tensor) => {
    for (const one of into) one.copy_(from);
  },
});

describe('gather', () => {
  // A message and its length fill the first exchange, or need a second one.
  it.each([0, 1, 1000, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 5000])(
    'passes on %d characters',
    (length) => {
      const own = 'x'.repeat(length);
      expect(mirrored.gather(own)).toEqual([own, own]);
    },
  );

  it('passes on what a structured clone holds', () => {
    const own = { tokens: Int32Array.of(1, -2), logprobs: Float32Array.of(0.5), finish: null };
    expect(mirrored.gather(own)).toEqual([own, own]);
  });
});

describe('the GPU of a rank', () => {
  it('is that of its number on the machine', () =>
    expect(gpuOf({ rank: 9, localRank: 1 }, 2)).toBe('cuda:1'));

  it('is refused by name where there are fewer', () => {
    const refused = () => gpuOf({ rank: 9, localRank: 1 }, 1);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow('rank 9 is number 1 of its machine, and sees 1 GPUs, from 0 on');
  });
});
