import { describe, expect, it } from 'vitest';
import { memory, noGrad, randn, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';
import { MixtureOfExperts } from './experts.ts';
import { SoftmaxRouter } from './router.ts';
import { apart } from './testing.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

function mixture(experts: number, perToken: number, sharedWidth = 0): MixtureOfExperts {
  const router = new SoftmaxRouter({ hiddenSize: 6, experts, perToken, normalised: true }, cpu);
  const options = { hiddenSize: 6, width: 5, experts, sharedWidth, activation: 'silu' } as const;
  const made = new MixtureOfExperts(options, router, cpu);
  noGrad(() => {
    for (const parameter of made.parameters()) scope(() => parameter.copy_(randn(parameter.shape)));
  });
  return made;
}

/** The equation, token by token: Σ weight · expert(x), and the shared experts. */
function slow(of: MixtureOfExperts, x: Tensor): Tensor {
  const { experts, weights } = of.gate.forward(x.flatten(0, 1));
  const [ids, shares] = [experts.flatten().toArray(), weights.flatten().toArray()];
  const k = experts.size(1);
  const out = zeros(x.flatten(0, 1).shape);
  for (const [n, id] of ids.entries()) {
    const token = Math.floor(n / k);
    const own = of.experts[Number(id)]!.forward(x.flatten(0, 1).narrow(0, token, 1));
    out.narrow(0, token, 1).add_(own, Number(shares[n]));
  }
  const shared = of.shared_experts?.forward(x.flatten(0, 1));
  return (shared === undefined ? out : out.add(shared)).view(x.shape);
}

describe('MixtureOfExperts', () => {
  it.each([
    ['some experts', 7, 3, 0],
    ['shared experts besides', 4, 2, 8],
    ['all experts', 3, 3, 0],
    ['one', 9, 1, 0],
  ])('computes the sum of its equation, by expert and statically: %s', (_, experts, perToken, shared) => {
    const own = mixture(experts, perToken, shared);
    scope(() =>
      noGrad(() => {
        const x = randn([2, 4, 6]);
        const expected = slow(own, x);
        expect(apart(own.forward(x, false), expected)).toBeLessThan(1e-5);
        expect(apart(own.forward(x, true), expected)).toBeLessThan(1e-5);
      }),
    );
    own.dispose();
  });

  it('has one gradient in both forms, and none of an expert that nothing was sent to', () => {
    const own = mixture(8, 2, 4).requiresGrad_();
    scope(() => {
      const x = randn([1, 2, 6]);
      const chosen = new Set(own.gate.forward(x.flatten(0, 1)).experts.flatten().toArray().map(Number));
      const direction = randn(x.shape);
      const gradients = [false, true].map((isStatic) => {
        own.forward(x, isStatic).mul(direction).sum().backward();
        return own.namedParameters().map(([name, parameter]) => {
          const { grad } = parameter;
          parameter.setGrad(null);
          return [name, grad] as const;
        });
      });
      for (const [i, [name, grad]] of gradients[0]!.entries()) {
        const dense = gradients[1]![i]![1]!;
        const expert = /^experts\.(\d+)\./.exec(name)?.[1];
        const idle = expert !== undefined && !chosen.has(Number(expert));
        expect(grad === null, name).toBe(idle);
        if (grad === null) expect(dense.norm().item()).toBe(0);
        else expect(apart(grad, dense), name).toBeLessThan(1e-5);
      }
    });
    own.dispose();
  });

  it('leaves no tensor behind', () => {
    const own = mixture(4, 2);
    const x = tensor(new Float32Array(6), [1, 1, 6]);
    const before = memory().tensors;
    for (const isStatic of [false, true]) noGrad(() => own.forward(x, isStatic)).dispose();
    expect(memory().tensors).toBe(before);
    own.dispose();
    x.dispose();
  });
});
