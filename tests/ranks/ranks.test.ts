/**
 * Processes that share work give what one process gives: gradients and weights but for the order of sums, equal shapes bit
 * for bit, and the same sampled tokens.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { ALONE } from '../../src/ranks.ts';
import type { Completion } from '../../src/records.ts';
import { noGrad, scope, tensor } from '../../src/torch/index.ts';
import { policy, relativeError } from '../invariants/policy.ts';
import { LONG } from '../support/long.ts';
import { resultsOfRanks } from '../support/ranks.ts';
import { type Made, PROMPTS, type Results, SAMPLING, WORKS, type WorkName } from './works.ts';

const PROGRAM = path.join(import.meta.dirname, 'program.ts');

describe.each(LONG ? [2, 3, 4] : [2])('%d ranks', (size) => {
  let ofRanks: readonly Results[] = [];
  let alone: Results;
  beforeAll(async () => {
    const names = Object.keys(WORKS) as WorkName[];
    ofRanks = await resultsOfRanks<Results>(size, PROGRAM, [names.join(',')]);
    const own: Record<string, unknown> = {};
    for (const name of names) own[name] = await WORKS[name](ALONE, size);
    alone = own as Results;
  }, 120_000);

  it('all have the same results, bit for bit', () => {
    const shared = ofRanks.map(({ rollouts, ...rest }) => ({ ...rest, completions: rollouts.completions }));
    const [first, ...others] = shared.map(bitsOf);
    for (const other of others) expect(other === first).toBe(true);
  });

  it.each(['nextToken', 'policyGradients', 'judged'] as const)('%s: gradients to 1e-6', (name) => {
    // More parts round more often: four ranks were up to 1.02e-6 away.
    const bound = size === 2 ? 1e-6 : 2e-6;
    for (const [setting, made] of Object.entries(alone[name])) {
      const own: Made = ofRanks[0]![name][setting]!;
      expect(Math.hypot(...made.values), setting).toBeGreaterThan(1e-5);
      expect(relativeError(made, own), setting).toBeLessThan(bound);
      for (const [metric, value] of Object.entries(made.reported)) {
        const distance = Math.abs(own.reported[metric]! - value);
        // Some are small sums of numbers that nearly cancel.
        const most = Math.max(1e-6 * Math.abs(value), 1e-5);
        expect(distance, `${setting}: ${metric}`).toBeLessThan(most);
      }
    }
  });

  it('equal shapes bit for bit as one process that accumulates', () => {
    expect(bitsOf(ofRanks[0]!.equalShapes) === bitsOf(alone.equalShapes)).toBe(true);
  });

  it.each(['fiftySteps', 'fiftyPolicySteps'] as const)('%s: weights to 1e-5', (name) => {
    const [own, expected] = [ofRanks[0]![name], alone[name]];
    const distance = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - own[i]!)), 0);
    expect(distance).toBeLessThan(1e-5);
  });

  it('sample the same tokens until a choice closer than 1e-5', () => {
    const own = ofRanks[0]!.rollouts.completions;
    const others = alone.rollouts.completions;
    expect(own).toHaveLength(others.length);
    let differing = 0;
    for (const [i, completion] of own.entries()) {
      const { tokens } = others[i]!;
      const first = completion.tokens.findIndex((token, t) => token !== tokens[t]);
      // Every token up to there is the one that its own random number means, whoever sampled it.
      const until = first < 0 ? tokens.length : first + 1;
      expect(Math.max(...misses(completion, i).slice(0, until))).toBeLessThan(1e-5);
      differing += first < 0 ? 0 : 1;
    }
    expect(differing).toBeLessThanOrEqual(1);
  });

  it('each sample whole groups, every group once', () => {
    const handed = ofRanks.flatMap(({ rollouts }) => rollouts.handed);
    expect(handed.toSorted()).toEqual(PROMPTS.map(({ id }) => id).toSorted());
    expect(Math.min(...ofRanks.map(({ rollouts }) => rollouts.handed.length))).toBeGreaterThan(0);
  });
});

/** A value as text that tells every bit of its arrays. */
function bitsOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    ArrayBuffer.isView(inner)
      ? Buffer.from(inner.buffer, inner.byteOffset, inner.byteLength).toString('base64')
      : inner,
  );
}

/**
 * How far the random number of each token is from the stretch of summed probabilities that means the token, under the
 * model: 0 where it is inside.
 * @param index - of the completion in the rollout: its stream is that of its prompt and its place in the group
 */
function misses({ promptTokens, tokens }: Completion, index: number): number[] {
  const { groupSize, seed } = SAMPLING;
  const random = Random.derive(seed, Math.floor(index / groupSize), index % groupSize);
  const ids = Int32Array.from([...promptTokens, ...tokens]);
  const width = policy.config.vocabSize;
  const probabilities = noGrad(() =>
    scope(() => {
      const hidden = policy.hidden({ tokens: tensor(ids, [1, ids.length], { dtype: 'int64' }) });
      return policy.logits(hidden).softmax(-1).toFloat64Array();
    }),
  );
  return Array.from(tokens, (token, t) => {
    const row = (promptTokens.length + t - 1) * width;
    const below = probabilities.subarray(row, row + token).reduce((sum, value) => sum + value, 0);
    const above = below + probabilities[row + token]!;
    const number = random.next();
    return Math.max(0, below - number, number - above);
  });
}
