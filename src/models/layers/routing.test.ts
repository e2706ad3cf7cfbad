import { describe, expect, it } from 'vitest';
import { Generator, indices, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
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

/** The slopes of a function of a matrix, by central differences. */
function slopesOf(valueAt: (weight: number[][]) => number, weight: number[][]): number[][] {
  const step = 1e-6;
  const moved = (i: number, d: number, by: number) =>
    weight.map((own, j) => own.map((w, e) => (j === i && e === d ? w + by : w)));
  return weight.map((row, i) =>
    row.map((_, d) => (valueAt(moved(i, d, step)) - valueAt(moved(i, d, -step))) / (2 * step)),
  );
}

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
    const routing = new Routing({
      balance: { sequences: SEQUENCES, length: 5, weight: alpha / 9, device: 'cpu' },
    });
    scope(() => routing.layer(0).tell(router.forward(x)));
    const [loss] = routing.takeLosses() as [Tensor];
    const [tokens, weight] = [rowsOf(x.toArray(), D), rowsOf(router.weight.toArray(), D)];
    const valueAt = (w: number[][]) => byHand(scoresByHand(router, tokens, w), alpha);
    expect(loss.item()).toBeCloseTo(valueAt(weight), 8);
    loss.backward();
    const gradient = rowsOf(router.weight.grad!.toArray(), D);
    for (const [i, slopes] of slopesOf(valueAt, weight).entries())
      for (const [d, slope] of slopes.entries()) expect(gradient[i]![d]).toBeCloseTo(slope, 7);
    expect(routing.takeLosses()).toEqual([]);
    router.dispose();
  });

  it('is told by passes with a gradient alone', () => {
    const router = softmax();
    noGrad(() => router.weight.copy_(normal([E, D], 2)));
    const routing = new Routing({ balance: { sequences: SEQUENCES, length: 5, weight: 1, device: 'cpu' } });
    scope(() => routing.layer(0).tell(router.forward(normal([10, D], 1))));
    expect(routing.takeLosses()).toEqual([]);
    router.dispose();
  });
});

describe('the experts of a sampler', () => {
  const x = normal([4, D], 5);
  const routers = [
    ['softmax', softmax],
    ['sigmoid', sigmoid],
  ] as const;
  /** Of the last token nothing is known. */
  const sampled = indices([0, 1, 2, 3, 1, 0, -1, -1], [4, K]);

  it.each(routers)(
    'are where a %s router sends tokens that are replayed, weighed by its own scores',
    (_, make) => {
      const router = make();
      noGrad(() => router.weight.copy_(normal([E, D], 2)));
      if (router instanceof SigmoidRouter) noGrad(() => router.e_score_correction_bias.zero_());
      const own = router.forward(x);
      const routing = new Routing({ sampled: { layers: new Map([[3, sampled]]), replay: true } });
      const { experts, weights } = router.forward(x, routing.layer(3));
      expect(experts.narrow(0, 0, 3).toArray()).toEqual(sampled.narrow(0, 0, 3).toArray());
      expect(experts.select(0, 3).toArray()).toEqual(own.experts.select(0, 3).toArray());
      const scores = rowsOf(own.scores.toArray(), E);
      for (const [token, row] of rowsOf(experts.toArray(), K).entries()) {
        const total = row.reduce((sum, expert) => sum + scores[token]![expert]!, 0);
        const scale = router instanceof SigmoidRouter ? 2.5 : 1;
        for (const [i, expert] of row.entries())
          expect(weights.toArray()[token * K + i]).toBeCloseTo((scale * scores[token]![expert]!) / total, 12);
      }
      // The order of a token's experts is no difference.
      const chosen = rowsOf(own.experts.toArray(), K).map((row) => row.toSorted((a, b) => a - b).join());
      const given = rowsOf(sampled.toArray(), K).map((row) => row.toSorted((a, b) => a - b).join());
      const differing = [0, 1, 2].filter((token) => chosen[token] !== given[token]).length;
      expect(routing.takeDiffering()).toBe(differing);
      expect(routing.takeDiffering()).toBe(0);
      router.dispose();
    },
  );

  it.each(routers)('leave the gradient of a %s router that of the fixed choice', (_, make) => {
    const router = make();
    noGrad(() => router.weight.copy_(normal([E, D], 2)));
    if (router instanceof SigmoidRouter) noGrad(() => router.e_score_correction_bias.zero_());
    router.weight.requiresGrad_();
    const fixed = [0, 1, 2, 3, 1, 0, 3, 2];
    const layers = new Map([[0, indices(fixed, [4, K])]]);
    const routing = new Routing({ sampled: { layers, replay: true } });
    const coefficients = normal([4, K], 9);
    router.forward(x, routing.layer(0)).weights.mul(coefficients).sum().backward();
    routing.takeDiffering();
    const [tokens, factors] = [rowsOf(x.toArray(), D), coefficients.toArray()];
    const weight = rowsOf(router.weight.detach().toArray(), D);
    const scale = router instanceof SigmoidRouter ? 2.5 : 1;
    const valueAt = (w: number[][]) =>
      scoresByHand(router, tokens, w).reduce((sum, scores, token) => {
        const own = fixed.slice(token * K, (token + 1) * K).map((expert) => scores[expert]!);
        const total = own.reduce((a, b) => a + b);
        return sum + own.reduce((a, s, i) => a + (factors[token * K + i]! * scale * s) / total, 0);
      }, 0);
    const gradient = rowsOf(router.weight.grad!.toArray(), D);
    for (const [i, slopes] of slopesOf(valueAt, weight).entries())
      for (const [d, slope] of slopes.entries()) expect(gradient[i]![d]).toBeCloseTo(slope, 7);
    router.dispose();
  });

  it('are only compared where they are not replayed, and other layers choose for themselves', () => {
    const router = softmax();
    noGrad(() => router.weight.copy_(normal([E, D], 2)));
    const own = router.forward(x).experts.toArray();
    const routing = new Routing({ sampled: { layers: new Map([[3, sampled]]), replay: false } });
    expect(router.forward(x, routing.layer(3)).experts.toArray()).toEqual(own);
    const replaying = new Routing({ sampled: { layers: new Map([[3, sampled]]), replay: true } });
    expect(router.forward(x, replaying.layer(2)).experts.toArray()).toEqual(own);
    expect(replaying.takeDiffering()).toBe(0);
    router.dispose();
  });
});
