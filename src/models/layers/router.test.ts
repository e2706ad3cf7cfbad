import { describe, expect, it } from 'vitest';
import { noGrad, randn, scope, type Tensor, tensor } from '../../torch/index.ts';
import { SigmoidRouter, type SigmoidRouterOptions, SoftmaxRouter } from './router.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

const OPTIONS: SigmoidRouterOptions = {
  hiddenSize: 1,
  experts: 6,
  perToken: 2,
  normalised: true,
  groups: 3,
  groupsPerToken: 1,
  scale: 2.5,
};

/** A router whose logits of the token [1] are the given ones. */
function sigmoidRouter(
  logits: readonly number[],
  biases: readonly number[],
  changes: object = {},
): SigmoidRouter {
  const router = new SigmoidRouter({ ...OPTIONS, ...changes }, cpu);
  scope(() => router.weight.copy_(tensor(logits, [logits.length, 1])));
  scope(() => router.e_score_correction_bias.copy_(tensor(biases)));
  return router;
}

const ONE = tensor([1], [1, 1]);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Expert → weight of the first token. */
function routed(router: SigmoidRouter | SoftmaxRouter, x: Tensor = ONE): Map<number, number> {
  return scope(() => {
    const { experts, weights } = noGrad(() => router.forward(x));
    const own = weights.select(0, 0).toArray();
    return new Map(
      experts
        .select(0, 0)
        .toArray()
        .map((expert, i) => [Number(expert), own[i]!]),
    );
  });
}

describe('SigmoidRouter', () => {
  const logits = [3, -3, 1, 1.1, 2, -2];
  const none = [0, 0, 0, 0, 0, 0];

  it('chooses within the group with the largest sum of two, though another group has the best expert', () => {
    const weights = routed(sigmoidRouter(logits, none));
    expect(new Set(weights.keys())).toEqual(new Set([2, 3]));
    const sum = sigmoid(1) + sigmoid(1.1);
    expect(weights.get(2)).toBeCloseTo((2.5 * sigmoid(1)) / sum, 6);
    expect(weights.get(3)).toBeCloseTo((2.5 * sigmoid(1.1)) / sum, 6);
  });

  it('chooses by the biased score and weighs by the unbiased one', () => {
    const router = sigmoidRouter(logits, [0, 0, 0, 0, 0, 1], { normalised: false });
    const weights = routed(router);
    expect(new Set(weights.keys())).toEqual(new Set([4, 5]));
    expect(weights.get(5)).toBeCloseTo(2.5 * sigmoid(-2), 6);
  });

  it('stays in the best groups where all biased scores are negative', () => {
    const weights = routed(sigmoidRouter(logits, [-9, -9, -5, -5, -9, -9]));
    expect(new Set(weights.keys())).toEqual(new Set([2, 3]));
  });

  it('chooses among all experts where they are one group', () => {
    const weights = routed(sigmoidRouter(logits, none, { groups: 1 }));
    expect(new Set(weights.keys())).toEqual(new Set([0, 4]));
  });

  it('has a gradient in its weights and none in its bias', () => {
    const router = sigmoidRouter(logits, none).requiresGrad_();
    expect(router.e_score_correction_bias.requiresGrad).toBe(false);
    scope(() => router.forward(ONE).weights.select(1, 0).sum().backward());
    expect(router.weight.grad!.norm().item()).toBeGreaterThan(0);
    expect(router.e_score_correction_bias.grad).toBeNull();
  });
});

describe('SoftmaxRouter', () => {
  const options = { hiddenSize: 1, experts: 4, perToken: 2 };
  const softmax = [1, 2, 0, 3].map(Math.exp).map((own, _, all) => own / all.reduce((a, b) => a + b));

  it.each([true, false])('takes the largest shares of all experts, normalised: %s', (normalised) => {
    const router = new SoftmaxRouter({ ...options, normalised }, cpu);
    scope(() => router.weight.copy_(tensor([1, 2, 0, 3], [4, 1])));
    const sum = normalised ? softmax[1]! + softmax[3]! : 1;
    const weights = routed(router);
    expect([...weights.keys()]).toEqual([3, 1]);
    expect(weights.get(3)).toBeCloseTo(softmax[3]! / sum, 6);
    expect(weights.get(1)).toBeCloseTo(softmax[1]! / sum, 6);
  });

  it('decides in float32 in a model that computes in bfloat16', () => {
    const router = new SoftmaxRouter(
      { ...options, hiddenSize: 8, normalised: true },
      { ...cpu, dtype: 'bfloat16' },
    );
    scope(() => router.weight.copy_(randn([4, 8])));
    scope(() => {
      const { weights } = noGrad(() => router.forward(randn([3, 8]).to('bfloat16')));
      expect([router.weight.dtype, weights.dtype]).toEqual(['float32', 'float32']);
    });
  });
});
