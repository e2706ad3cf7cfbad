/** @file For tests of losses: matrices, and slow paths that take plain numbers and are differentiated numerically. */
import { expect } from 'vitest';
import { scope, type Tensor, tensor } from '../../torch/index.ts';
import { clampLogRatio } from './terms.ts';
import type { TokenLossInput } from './token-loss.ts';

export type Matrix = readonly (readonly number[])[];

/** float64 [rows, columns] */
export function matrix(rows: Matrix): Tensor {
  return tensor(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]);
}

/** Three responses of 4, 2 and 3 tokens: near, far above, and far below the old policy; signs of advantages mixed. */
export const EXAMPLE = {
  logprobs: [
    [-0.5, -1.2, -0.1, -2],
    [-0.3, -0.4, -9, -9],
    [-3, -1, -2.5, 5],
  ],
  old: [
    [-0.6, -1.1, -0.9, -1.9],
    [-1.5, -0.2, -1, -1],
    [-0.7, -1.05, -1.2, 1],
  ],
  reference: [
    [-0.4, -1.5, -0.3, -2.2],
    [-0.9, -0.5, -9, -9],
    [-2, -1.3, -2, 5],
  ],
  advantages: [
    [1.5, 1.5, 1.5, 1.5],
    [-0.7, -0.7, -0.7, -0.7],
    [-1.1, -1.1, -1.1, -1.1],
  ],
  lengths: [4, 2, 3],
} as const;

/** 1 on the first `lengths[i]` columns of row i. */
export function maskOf(lengths: readonly number[], columns: number): number[][] {
  return lengths.map((length) => Array.from({ length: columns }, (_, t) => (t < length ? 1 : 0)));
}

/** What a policy loss takes, `logprobs` being a leaf. */
export function lossInput(
  logprobs: Matrix,
  old: Matrix,
  advantages: Matrix,
  lengths: readonly number[],
): TokenLossInput {
  const leaf = matrix(logprobs).requiresGrad_();
  return {
    logprobs: leaf,
    logRatio: clampLogRatio(leaf.sub(matrix(old))),
    advantages: matrix(advantages),
    mask: matrix(maskOf(lengths, logprobs[0]!.length)),
  };
}

/** Value, and gradient by central differences, of a function of a matrix. */
export function numerically(f: (x: number[][]) => number, at: Matrix): { value: number; grad: number[] } {
  const step = 1e-5;
  const moved = (i: number, t: number, by: number): number =>
    f(at.map((row, r) => row.map((value, c) => (r === i && c === t ? value + by : value))));
  return {
    value: f(at.map((row) => [...row])),
    grad: at.flatMap((row, i) => row.map((_, t) => (moved(i, t, step) - moved(i, t, -step)) / (2 * step))),
  };
}

/** Checks a scalar of log-probabilities against a slow path, in value and in gradient. */
export function expectSame(fast: (logprobs: Tensor) => Tensor, slow: (logprobs: number[][]) => number): void {
  scope(() => {
    const leaf = matrix(EXAMPLE.logprobs).requiresGrad_();
    const loss = fast(leaf);
    loss.backward();
    const expected = numerically(slow, EXAMPLE.logprobs);
    expect(loss.item()).toBeCloseTo(expected.value, 9);
    for (const [i, value] of leaf.grad!.toArray().entries())
      expect(value, `gradient ${i}`).toBeCloseTo(expected.grad[i]!, 7);
  });
}

/** Σ over response tokens of f(row, column). */
export function overTokens(f: (i: number, t: number) => number): number {
  return EXAMPLE.lengths.reduce((sum, length, i) => {
    const row = Array.from({ length }, (_, t) => f(i, t));
    return sum + row.reduce((part, value) => part + value, 0);
  }, 0);
}

/** Mean over the tokens of a response. */
export function overResponse(i: number, f: (t: number) => number): number {
  const length = EXAMPLE.lengths[i]!;
  return Array.from({ length }, (_, t) => f(t)).reduce((sum, value) => sum + value, 0) / length;
}
