/** Advantages against verl's, computed in float64 (reference file `rl-losses.json`). */
import { describe, expect, it } from 'vitest';
import { ADVANTAGES, gae } from '../../src/rl/advantage/index.ts';
import { ADVANTAGE_NAMES, lengthsOf, rlReference } from '../reference.ts';

const { inputs, advantages } = rlReference();
const lengths = lengthsOf(inputs.mask);

/** Compares response tokens; the reference holds 0 on padding. */
function expectRows(ours: readonly Float64Array[], theirs: readonly number[][]): void {
  expect(ours.map((row) => row.length)).toEqual(lengths);
  for (const [i, row] of ours.entries()) {
    for (const [t, value] of row.entries())
      expect(Math.abs(value - theirs[i]![t]!), `${i},${t}`).toBeLessThan(1e-9);
  }
}

describe('advantages match verl', () => {
  it.each(Object.keys(ADVANTAGE_NAMES))('%s', (name) => {
    const ours = ADVANTAGES[ADVANTAGE_NAMES[name]!]({
      rewards: inputs.rewards,
      groups: inputs.group,
      lengths,
    });
    expectRows(ours, advantages[name]!);
  });

  it.each([
    ['1.0', 1],
    ['0.95', 0.95],
  ])('GAE, λ %s, whitened', (name, lambda) => {
    const rewards = lengths.map((length, i) => {
      const row = new Float64Array(length);
      row[length - 1] = inputs.rewards[i]!;
      return row;
    });
    const values = lengths.map((length, i) => inputs.values[i]!.slice(0, length));
    const ours = gae(rewards, values, { gamma: 1, lambda, whiten: true });
    expectRows(ours.advantages, advantages[`gae_lambda_${name}_whitened`]!);
    expectRows(ours.returns, advantages[`gae_lambda_${name}_returns`]!);
  });
});
