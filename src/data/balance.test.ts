import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { balanced } from './balance.ts';

const sumOf = (values: readonly number[], kept: readonly number[]) =>
  kept.reduce((sum, i) => sum + values[i]!, 0);

describe('balanced', () => {
  it('leaves out of the heavier side until both weigh the same', () => {
    const differences = [...Array<number>(30).fill(2), ...Array<number>(10).fill(-2), 0, 0];
    const kept = balanced(differences, Random.derive(1));
    expect(sumOf(differences, kept)).toBe(0);
    expect(kept).toHaveLength(22);
    expect(kept.slice(-12)).toEqual(Array.from({ length: 12 }, (_, i) => 30 + i));
    expect(balanced(differences, Random.derive(2))).not.toEqual(kept);
  });

  it('never makes it worse, and touches nothing of the lighter side', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 })), fc.integer(), (differences, seed) => {
        const kept = balanced(differences, Random.derive(seed));
        const all = differences.reduce((sum, value) => sum + value, 0);
        expect(Math.abs(sumOf(differences, kept))).toBeLessThanOrEqual(Math.abs(all));
        for (const [i, value] of differences.entries()) if (value * all <= 0) expect(kept).toContain(i);
      }),
    );
  });
});
