import { describe, expect, it } from 'vitest';
import { Generator, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { type Router, SigmoidRouter, SoftmaxRouter } from './router.ts';
import { Routing } from './routing.ts';

const [D, E, K] = [3, 4, 2];
const place = { dtype: 'float64', device: 'cpu' } as const;
const options = { hiddenSize: D, experts: E, perToken: K, normalised: true };
const softmax = () => new SoftmaxRouter(options, place);
const sigmoid = () => new SigmoidRouter({ ...options, groups: 2, groupsPerToken: 1, scale: 2.5 }, place);

/** Two rows of 5 tokens: sequences of 2 and 3, and one of 4 with a token of padding behind it. */
const SEQUENCES = [[2, 3], [4]];
const SPANS = [
  [0, 2],
  [2, 5],
  [5, 9],
] as const;
const normal = (shape: number[], seed: number): Tensor =>
  randn(shape, { dtype: 'float64', generator: new Generator(seed) });

/** Equations 17 to 20 of arXiv 2412.19437, number by number, the mean over the tokens of sequences. */
function byHand(scores: number[][], alpha: number): number {
  let [sum, tokens] = [0, 0];
  for (const [from, to] of SPANS) {
    const own = scores.slice(from, to);
    const T = own.length;
    let loss = 0;
    for (let i = 0; i < E; i++) {
      const isAmong = (s: number[]) => s.filter((other) => other > s[i]!).length < K;
      const f = (E / (K * T)) * own.filter(isAmong).length;
      const P = own.reduce((total, s) => total + s[i]! / s.reduce((a, b) => a + b), 0) / T;
      loss += f * P;
    }
    sum += T * alpha * loss;
    tokens += T;
  }
  return sum / tokens;
}

/** Σ over experts and inputs, then the router's own function. */
function scoresByHand(router: Router, x: number[][], weight: number[][]): number[][] {
  return x.map((token) => {
    const logits = weight.map((row) => row.reduce((sum, w, d) => sum + w * token[d]!, 0));
    if (router instanceof SigmoidRouter) return logits.map((z) => 1 / (1 + Math.exp(-z)));
    const all = logits.map(Math.exp);
    const total = all.reduce((a, b) => a + b);
    return all.map((e) => e / total);
  });
}

const rowsOf = (values: number[], width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

describe('the balance loss', () => {
  it.each([
    ['softmax', softmax],
    ['sigmoid', sigmoid],
  ])('of a %s router is that of the equations, and so is its gradient', (_, make) => {
    const router = make();
    const x = normal([10, D], 1);
    noGrad(() => {
      router.weight.copy_(normal([E, D], 2));
      // What balances the choice is no part of the loss.
      if (router instanceof SigmoidRouter) router.e_score_correction_bias.copy_(normal([E], 3));
    });
    router.weight.requiresGrad_();
    const alpha = 0.1;
    const routing = new Routing({ sequences: SEQUENCES, length: 5, weight: alpha / 9, device: 'cpu' });
    scope(() => routing.tell(router.forward(x)));
    const [loss] = routing.takeLosses() as [Tensor];
    const [tokens, weight] = [rowsOf(x.toArray(), D), rowsOf(router.weight.toArray(), D)];
    const valueAt = (w: number[][]) => byHand(scoresByHand(router, tokens, w), alpha);
    expect(loss.item()).toBeCloseTo(valueAt(weight), 8);
    loss.backward();
    const gradient = rowsOf(router.weight.grad!.toArray(), D);
    const step = 1e-6;
    for (const [i, row] of weight.entries()) {
      for (const d of row.keys()) {
        const moved = (by: number) =>
          weight.map((own, j) => own.map((w, e) => (j === i && e === d ? w + by : w)));
        const slope = (valueAt(moved(step)) - valueAt(moved(-step))) / (2 * step);
        expect(gradient[i]![d]).toBeCloseTo(slope, 7);
      }
    }
    expect(routing.takeLosses()).toEqual([]);
    router.dispose();
  });

  it('is told by passes with a gradient alone', () => {
    const router = softmax();
    noGrad(() => router.weight.copy_(normal([E, D], 2)));
    const routing = new Routing({ sequences: SEQUENCES, length: 5, weight: 1, device: 'cpu' });
    scope(() => routing.tell(router.forward(normal([10, D], 1))));
    expect(routing.takeLosses()).toEqual([]);
    router.dispose();
  });
});
