/**
 * @file Scored completions × advantages → samples.
 */
import type { Sample, Scored } from '../../records.ts';

/**
 * @param advantages - one for each response token of each completion
 * @throws RangeError where something is not paired
 */
export function toSamples(
  scored: readonly Scored[],
  groups: readonly number[],
  advantages: readonly ArrayLike<number>[],
): Sample[] {
  if (scored.length !== groups.length || scored.length !== advantages.length) {
    throw new RangeError(
      `${scored.length} completions, ${groups.length} group indices, ${advantages.length} advantages`,
    );
  }
  return scored.map((one, i) => {
    const { length } = one.completion.tokens;
    const own = Float32Array.from(advantages[i]!);
    if (own.length !== length)
      throw new RangeError(`completion ${i}: ${own.length} advantages for ${length} tokens`);
    return { scored: one, group: groups[i]!, advantages: own };
  });
}
