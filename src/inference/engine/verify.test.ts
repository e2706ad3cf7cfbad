import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { scope, tensor } from '../../torch/index.ts';
import { PLAIN } from './sequence.ts';
import { verified } from './verify.ts';

/** Draws of a token each from q, checked against p. */
function outcomes(p: readonly number[], q: readonly number[], count: number) {
  return scope(() => {
    const guessing = Random.derive(7, 'guesses');
    const probabilities = tensor(q);
    const rows = Array.from({ length: count }, (_, i) => {
      let [token, left] = [0, guessing.next()];
      while (left >= q[token]! && token < q.length - 1) left -= q[token++]!;
      const random = Random.derive(7, 'row', i);
      return {
        sampling: { ...PLAIN, counts: new Map<number, number>(), random },
        draft: { token, probabilities },
      };
    });
    const logits = tensor(p.map(Math.log)).unsqueeze(0).expand([count, p.length]);
    const tokens = verified(logits, rows).toInt32Array();
    const counts = p.map((_, token) => tokens.filter((one) => one === token).length);
    return { counts, taken: rows.filter(({ draft }, i) => draft.token === tokens[i]).length };
  });
}

describe('verified', () => {
  const p = [0.5, 0.3, 0.15, 0.05, 0];
  it.each([
    ['near', [0.45, 0.3, 0.2, 0.05, 0]],
    ['far', [0.05, 0.1, 0.05, 0.3, 0.5]],
    ['the same', p],
  ])('gives tokens of the distribution p from guesses of another that is %s', (_, q) => {
    const count = 10_000;
    const { counts, taken } = outcomes(p, q, count);
    // Chi-square with 3 degrees of freedom: 16.3 is passed once in a thousand.
    const square = p.reduce(
      (sum, share, token) =>
        sum + (share === 0 ? 0 : (counts[token]! - share * count) ** 2 / (share * count)),
      0,
    );
    expect(square).toBeLessThan(16.3);
    expect(counts[4]).toBe(0);
    // Σ min(p, q) is the share of guesses that are taken.
    const expected = p.reduce((sum, share, token) => sum + Math.min(share, q[token]!), 0);
    expect(taken / count).toBeCloseTo(expected, 1.7);
  });
});
