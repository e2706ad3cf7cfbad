import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { scope, tensor } from '../../torch/index.ts';
import { drawn, drawnOrLikeliest, likeliest } from './draw.ts';

/** log π of a row in double precision. */
function logSoftmax(row: readonly number[]): number[] {
  const most = Math.max(...row);
  const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return row.map((logit) => logit - most - total);
}

function logitsOf(rows: number, V: number, deviation: number): number[][] {
  const random = Random.derive(rows, V);
  return Array.from({ length: rows }, () =>
    Array.from({ length: V }, () => deviation * (random.next() + random.next() + random.next() - 1.5)),
  );
}

describe('the draw inside of a step', () => {
  it.each([
    ['one chunk', 300, 3],
    ['chunks of 128', 128 * 130, 3],
    ['chunks of another size', 131 * 127, 3],
    ['no divisor', 16_411, 3],
    ['nearly all tokens impossible', 128 * 128, 300],
  ])('takes the token at which the summed probabilities pass the number: %s', (_, V, deviation) => {
    const random = Random.derive(1, 'uniforms');
    const rows = logitsOf(6, V, deviation);
    const uniforms = [0, 1 - 2 ** -22, ...Array.from({ length: 4 }, () => random.next())];
    scope(() => {
      const logits = tensor(rows.flat(), [6, V]);
      const { tokens, logprobs } = drawn(logits, tensor(uniforms));
      for (const [row, token] of tokens.toArray().entries()) {
        const exact = logSoftmax(rows[row]!);
        const before = exact.slice(0, token).reduce((sum, one) => sum + Math.exp(one), 0);
        expect(Math.abs(logprobs.toArray()[row]! - exact[token]!)).toBeLessThan(1e-4);
        expect(uniforms[row]).toBeGreaterThan(before - 1e-5);
        expect(uniforms[row]).toBeLessThan(before + Math.exp(exact[token]!) + 1e-5);
      }
    });
  });

  it('takes the most probable token of rows that ask for it', () => {
    const V = 128 * 128;
    const rows = logitsOf(3, V, 3);
    scope(() => {
      const logits = tensor(rows.flat(), [3, V]);
      const best = rows.map((row) => row.indexOf(Math.max(...row)));
      const mixed = drawnOrLikeliest(logits, tensor([-1, 0.3, -1]));
      const all = likeliest(logits);
      const alone = drawn(logits, tensor([0.3, 0.3, 0.3]));
      expect(all.tokens.toArray()).toEqual(best);
      expect(mixed.tokens.toArray()).toEqual([best[0], alone.tokens.toArray()[1], best[2]]);
      const [a, b] = [mixed, all].map(({ logprobs }) => logprobs.toArray());
      expect(Math.abs(a![0]! - b![0]!)).toBeLessThan(1e-5);
    });
  });

  it('gives NaN for a row that has any', () => {
    const rows = logitsOf(2, 128 * 128, 3);
    rows[1]![77] = Number.NaN;
    scope(() => {
      const logits = tensor(rows.flat(), [2, 128 * 128]);
      for (const { logprobs } of [drawn(logits, tensor([0.5, 0.5])), likeliest(logits)]) {
        expect(logprobs.toArray().map(Number.isFinite)).toEqual([true, false]);
      }
    });
  });
});
