import { describe, expect, it } from 'vitest';
import { scope, tensor } from '../../torch/index.ts';
import { type Cut, cutTails } from './cut.ts';

/** Which tokens of 0.3, 0.5, 0.05, 0.15 each cut leaves. */
function left(cuts: readonly Cut[]): number[][] {
  return scope(() => {
    const logprobs = tensor([0.3, 0.5, 0.05, 0.15].map(Math.log)).expand([cuts.length, 4]);
    const kept = cutTails(logprobs, cuts);
    return cuts.map((_, row) =>
      kept
        .select(0, row)
        .toArray()
        .flatMap((value, token) => (value === -Infinity ? [] : [token])),
    );
  });
}

const CASES: [Cut, number[]][] = [
  [{ topK: 0, topP: 1 }, [0, 1, 2, 3]],
  [{ topK: 2, topP: 1 }, [0, 1]],
  [{ topK: 9, topP: 1 }, [0, 1, 2, 3]],
  [{ topK: 0, topP: 0.8 }, [0, 1]],
  [{ topK: 0, topP: 0.81 }, [0, 1, 3]],
  [{ topK: 0, topP: 1e-6 }, [1]],
  // Of the first three the most probable has 0.526.
  [{ topK: 3, topP: 0.5 }, [1]],
];

describe('cutTails', () => {
  it.each(CASES)('cuts all rows by %o', (cut, tokens) => {
    expect(left([cut, cut])).toEqual([tokens, tokens]);
  });

  it('leaves the same of equal tokens, whatever the other rows ask for', () => {
    scope(() => {
      const row = tensor([0.2, 0.3, 0.2, 0.2, 0.1].map(Math.log), [1, 5]);
      const alone = cutTails(row, [{ topK: 2, topP: 1 }]).toArray();
      const both = row.expand([2, 5]);
      const beside = cutTails(both, [
        { topK: 2, topP: 1 },
        { topK: 0, topP: 0.5 },
      ]);
      expect(beside.select(0, 0).toArray()).toEqual(alone);
      expect(alone.filter((value) => value > -Infinity)).toHaveLength(4);
    });
  });

  it('keeps the first of many equal tokens, alone and beside other cuts', () => {
    scope(() => {
      // So many that a sort which is not stable moves them.
      const V = 300;
      const levels = Float32Array.from({ length: V }, (_, token) => ((token * 7) % 11) / 4);
      const logprobs = tensor(levels, [1, V]).logSoftmax(-1);
      const cuts = [
        { topK: 3, topP: 1e-6 },
        { topK: 0, topP: 0.9 },
      ];
      const beside = cutTails(logprobs.expand([2, V]), cuts);
      for (const [row, cut] of cuts.entries()) {
        expect(beside.select(0, row).toArray()).toEqual(cutTails(logprobs, [cut]).toArray());
      }
      const first = levels.indexOf(2.5);
      expect(beside.toArray()[first]).toBeGreaterThan(-Infinity);
    });
  });

  it('cuts each row by its own', () => {
    expect(left(CASES.map(([cut]) => cut))).toEqual(CASES.map(([, tokens]) => tokens));
  });
});
