/** Advantages against verl's, computed in float64 (reference file `rl-losses.json`). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ADVANTAGES, type CriticFreeName, gae } from '../../src/advantage/index.ts';
import { hasReference, referenceDir, unlessReference } from '../reference.ts';

interface Reference {
  readonly inputs: { rewards: number[]; group: number[]; mask: number[][]; values: number[][] };
  readonly advantages: { readonly [name: string]: number[][] };
}

function load(): Reference & { readonly lengths: number[] } {
  const reference = JSON.parse(readFileSync(path.join(referenceDir, 'rl-losses.json'), 'utf8')) as Reference;
  return {
    ...reference,
    lengths: reference.inputs.mask.map((row) => row.reduce((sum, one) => sum + one, 0)),
  };
}

/** Compares response tokens; the reference holds 0 on padding. */
function expectRows(ours: readonly Float64Array[], theirs: readonly number[][], lengths: number[]): void {
  expect(ours.map((row) => row.length)).toEqual(lengths);
  for (const [i, row] of ours.entries()) {
    for (const [t, value] of row.entries())
      expect(Math.abs(value - theirs[i]![t]!), `${i},${t}`).toBeLessThan(1e-9);
  }
}

/** What verl calls them. */
const NAMES: { readonly [theirs: string]: CriticFreeName } = {
  grpo: 'grpo',
  dr_grpo: 'dr-grpo',
  rloo: 'rloo',
  gpg: 'gpg',
  reinforce_plus_plus: 'reinforce++',
};

describe.skipIf(!hasReference)(`advantages match verl${unlessReference}`, () => {
  it.each(Object.keys(NAMES))('%s', (name) => {
    const { inputs, advantages, lengths } = load();
    const ours = ADVANTAGES[NAMES[name]!]({ rewards: inputs.rewards, groups: inputs.group, lengths });
    expectRows(ours, advantages[name]!, lengths);
  });

  it.each([
    ['1.0', 1],
    ['0.95', 0.95],
  ])('GAE, λ %s, whitened', (name, lambda) => {
    const { inputs, advantages, lengths } = load();
    const rewards = lengths.map((length, i) => {
      const row = new Float64Array(length);
      row[length - 1] = inputs.rewards[i]!;
      return row;
    });
    const values = lengths.map((length, i) => inputs.values[i]!.slice(0, length));
    const ours = gae(rewards, values, { gamma: 1, lambda, whiten: true });
    expectRows(ours.advantages, advantages[`gae_lambda_${name}_whitened`]!, lengths);
    expectRows(ours.returns, advantages[`gae_lambda_${name}_returns`]!, lengths);
  });
});
