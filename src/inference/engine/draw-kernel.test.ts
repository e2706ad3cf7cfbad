import { describe, expect, it } from 'vitest';
import { randn, scope, tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { drawnByKernel } from './draw-kernel.ts';

/** Probabilities of a row by the definition. */
function softmax(logits: readonly number[], temperature: number): number[] {
  const most = Math.max(...logits);
  const all = logits.map((z) => Math.exp((z - most) / temperature));
  const sum = all.reduce((x, y) => x + y, 0);
  return all.map((p) => p / sum);
}

describe('drawnByKernel', () => {
  it.each([
    ['bfloat16', 5000],
    ['float32', 1001],
  ] as const)('takes the token at which the probabilities pass the number: %s, %d tokens', (dtype, V) => {
    scope(() => {
      const B = 24;
      const logits = randn([B, V]).mul(4).to(dtype);
      // Among them tokens that cannot be drawn.
      logits.narrow(1, 7, 40).fill_(-Infinity);
      const rows = Array.from({ length: B }, (_, row) => logits.select(0, row).toArray());
      const temperatures = rows.map((_, row) => 1 + (row % 3) / 4);
      const all = rows.map((row, i) => softmax(row, temperatures[i]!));
      // The middle of what a token takes of [0, 1), for tokens here and there that have enough to be met in float32.
      const wanted = all.map((p, row) => {
        const possible = p.flatMap((one, token) => (one > 1e-5 ? [token] : []));
        return row % 6 === 5 ? p.indexOf(Math.max(...p)) : possible[(row * 37) % possible.length]!;
      });
      const uniforms = wanted.map((token, row) => {
        if (row % 6 === 5) return -1;
        return all[row]!.slice(0, token).reduce((x, y) => x + y, 0) + all[row]![token]! / 2;
      });
      const found = withHostKernels(() =>
        drawnByKernel(logits, tensor(uniforms, [B]), tensor(temperatures, [B])),
      )!;
      expect(found.tokens.toArray()).toEqual(wanted);
      for (const [row, logprob] of found.logprobs.toArray().entries())
        expect(logprob).toBeCloseTo(Math.log(all[row]![wanted[row]!]!), 4);
    });
  });

  it('meets no token without a probability at the ends, and says NaN of a row that has it', () => {
    scope(() => {
      const logits = randn([3, 300]);
      logits.narrow(1, 0, 5).fill_(-Infinity);
      logits.narrow(1, 290, 10).fill_(-Infinity);
      logits.narrow(0, 2, 1).narrow(1, 100, 1).fill_(Number.NaN);
      const numbers = tensor([0, 1 - 2 ** -24, 0.5], [3]);
      const found = withHostKernels(() => drawnByKernel(logits, numbers, tensor([1, 1, 1], [3])))!;
      const [first, last] = found.tokens.toArray();
      expect(first).toBe(5);
      expect(last).toBe(289);
      expect(found.logprobs.toArray().map(Number.isNaN)).toEqual([false, false, true]);
    });
  });
});
