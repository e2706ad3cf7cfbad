/** @file Balancing a set in which one side tends to be larger: as many are left out as it takes, and no more. */
import type { Random } from '../random.ts';

/**
 * Which of some differences to keep so that their sum is as near 0 as leaving out can bring it. Those of the heavier side
 * are left out in random order, each only if that brings the sum nearer to 0.
 * @param differences - such as tokens of the chosen reply less those of the rejected one, of each pair
 * @returns indices, ascending
 */
export function balanced(differences: readonly number[], random: Random): number[] {
  let sum = differences.reduce((total, difference) => total + difference, 0);
  const heavier = differences.flatMap((difference, i) => (difference * sum > 0 ? [i] : []));
  const out = new Set<number>();
  for (const i of random.shuffle(heavier)) {
    const without = sum - differences[i]!;
    if (Math.abs(without) >= Math.abs(sum)) continue;
    sum = without;
    out.add(i);
  }
  return differences.flatMap((_, i) => (out.has(i) ? [] : [i]));
}
