import { describe, expect, it } from 'vitest';
import { wavesOf } from './local-respondent.ts';

describe('wavesOf', () => {
  it('takes whole groups while they fit', () => {
    expect(wavesOf(5, 4, 8)).toEqual([
      { problems: [0, 1], samples: [0, 1, 2, 3] },
      { problems: [2, 3], samples: [0, 1, 2, 3] },
      { problems: [4], samples: [0, 1, 2, 3] },
    ]);
  });

  it('parts a group that does not fit', () => {
    expect(wavesOf(1, 5, 2)).toEqual([
      { problems: [0], samples: [0, 1] },
      { problems: [0], samples: [2, 3] },
      { problems: [0], samples: [4] },
    ]);
  });

  it.each([
    [30, 64, 64],
    [7, 3, 10],
    [3, 17, 5],
  ])('asks for each of %i × %i samples once, at most %i at a time', (problems, k, rows) => {
    const waves = wavesOf(problems, k, rows);
    const keys = waves.flatMap((wave) => wave.problems.flatMap((p) => wave.samples.map((s) => `${p} ${s}`)));
    expect(keys).toHaveLength(problems * k);
    expect(new Set(keys).size).toBe(problems * k);
    expect(Math.max(...waves.map((wave) => wave.problems.length * wave.samples.length))).toBeLessThanOrEqual(
      rows,
    );
  });
});
