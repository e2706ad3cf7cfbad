import { describe, expect, it } from 'vitest';
import type { Prompt } from '../records.ts';
import { batchesOf } from './checkpoint-target.ts';
import { type Draw, keysOf } from './target.ts';

const draw = (problems: number, samples: number, kind: Draw['kind'] = 'sampled'): Draw => ({
  kind,
  prompts: Array.from(
    { length: problems },
    (_, i): Prompt => ({ id: `${i}`, task: 't', text: '', answer: '' }),
  ),
  samples,
});

describe('batchesOf', () => {
  it('takes whole groups while they fit', () => {
    expect(batchesOf([draw(5, 4)], 8)).toEqual([
      { draw: 0, problems: [0, 1], samples: [0, 1, 2, 3] },
      { draw: 0, problems: [2, 3], samples: [0, 1, 2, 3] },
      { draw: 0, problems: [4], samples: [0, 1, 2, 3] },
    ]);
  });

  it('parts a group that does not fit', () => {
    expect(batchesOf([draw(1, 5)], 2)).toEqual([
      { draw: 0, problems: [0], samples: [0, 1] },
      { draw: 0, problems: [0], samples: [2, 3] },
      { draw: 0, problems: [0], samples: [4] },
    ]);
  });

  it('mixes no draws', () => {
    expect(batchesOf([draw(3, 1, 'greedy'), draw(1, 2)], 4)).toEqual([
      { draw: 0, problems: [0, 1, 2], samples: [0] },
      { draw: 1, problems: [0], samples: [0, 1] },
    ]);
  });

  it.each([
    [30, 64, 64],
    [7, 3, 10],
    [3, 17, 5],
  ])('asks for each of %i × %i samples once, at most %i at a time', (problems, k, rows) => {
    const draws = [draw(problems, k)];
    const batches = batchesOf(draws, rows);
    const keys = batches.flatMap((one) =>
      one.problems.flatMap((problem) => one.samples.map((sample) => ({ draw: one.draw, problem, sample }))),
    );
    expect(keys).toHaveLength(problems * k);
    expect(new Set(keys.map((key) => JSON.stringify(key)))).toEqual(
      new Set(keysOf(draws).map((key) => JSON.stringify(key))),
    );
    expect(Math.max(...batches.map((one) => one.problems.length * one.samples.length))).toBeLessThanOrEqual(
      rows,
    );
  });
});
