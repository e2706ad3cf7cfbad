/**
 * @file From one advantage for each completion to one for each of its tokens: outcome supervision.
 */
import type { Sample, Scored } from '../records.ts';

/** Samples whose every response token carries its completion's advantage. */
export function broadcast(
  scored: readonly Scored[],
  groups: readonly number[],
  advantages: ArrayLike<number>,
): Sample[] {
  if (scored.length !== groups.length || scored.length !== advantages.length) {
    throw new RangeError(
      `${scored.length} completions, ${groups.length} group indices, ${advantages.length} advantages`,
    );
  }
  return scored.map((one, i) => ({
    scored: one,
    group: groups[i]!,
    advantages: new Float32Array(one.completion.tokens.length).fill(advantages[i]!),
  }));
}
