import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import type { Scored } from '../records.ts';
import { collectGroups, dynamicSamplingSchema } from './dynamic-sampling.ts';

/** Draws groups of two whose rewards are given; records how many prompts were asked for. */
function drawing(groups: readonly (readonly [number | null, number | null])[]) {
  const asked: [prompts: number, attempt: number][] = [];
  let next = 0;
  const draw = async (prompts: number, attempt: number): Promise<Scored[]> => {
    asked.push([prompts, attempt]);
    return Array.from({ length: prompts }, () => groups[next++ % groups.length]!)
      .flat()
      .map((reward) => ({ completion: completionOf('x'), reward, parts: {} }));
  };
  return { asked, draw };
}

const size = (promptsPerStep: number, attempts?: number) => ({
  promptsPerStep,
  groupSize: 2,
  dynamicSampling: attempts === undefined ? undefined : { attempts },
});
const rewards = (scored: readonly Scored[]) => scored.map(({ reward }) => reward);

describe('collectGroups', () => {
  it('keeps every group of one draw unless asked', async () => {
    const { asked, draw } = drawing([[1, 1]]);
    const result = await collectGroups(size(3), draw);
    expect(rewards(result.kept)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(result).toMatchObject({ discarded: [], attempts: 1 });
    expect(asked).toEqual([[3, 0]]);
  });

  it('draws again for the groups that are missing until enough have a signal', async () => {
    const { asked, draw } = drawing([
      [1, 0],
      [1, 1],
      [0, 0],
      [2, 1],
      [null, 1],
      [0, 3],
    ]);
    const result = await collectGroups(size(3, 10), draw);
    expect(rewards(result.kept)).toEqual([1, 0, 2, 1, 0, 3]);
    expect(rewards(result.discarded)).toEqual([1, 1, 0, 0, null, 1]);
    expect(asked).toEqual([
      [3, 0],
      [2, 1],
      [1, 2],
    ]);
    expect(result.attempts).toBe(3);
  });

  it('stops at the bound with what there is', async () => {
    const { asked, draw } = drawing([
      [1, 0],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const result = await collectGroups(size(2, 2), draw);
    expect(rewards(result.kept)).toEqual([1, 0]);
    expect(result.discarded).toHaveLength(4);
    expect(asked).toHaveLength(2);
  });

  it('has a bound by default', () => {
    expect(dynamicSamplingSchema.parse({})).toEqual({ attempts: 10 });
    expect(dynamicSamplingSchema.safeParse({ attempts: 0 }).success).toBe(false);
  });
});
