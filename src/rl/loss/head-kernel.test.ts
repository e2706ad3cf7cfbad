import { describe, expect, it } from 'vitest';
import { type DType, full, indices, randn, scope, type Tensor, tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import type { PredictedGradients } from './head.ts';
import { headBackward, headForward } from './head-kernel.ts';

interface Setting {
  readonly dtype: DType;
  readonly V: number;
  readonly temperature?: number;
  /** Logits are multiplied by it. */
  readonly sharpness?: number;
}

const N = 5;

/** Random logits [N, V], and a target in each row. */
function given({ dtype, V, sharpness = 1 }: Setting): readonly [logits: Tensor, targets: Tensor] {
  const targets = Array.from({ length: N }, (_, i) => (131 * i + 7) % V);
  return [randn([N, V]).mul(sharpness).to(dtype), indices(targets, [N])];
}

/** In float64, by autograd: the predictions and the gradient of the logits. */
function expected(
  logits: Tensor,
  targets: Tensor,
  temperature: number,
  { logprobs, entropy }: PredictedGradients,
) {
  const leaf = logits.detach().to('float64').requiresGrad_();
  const all = leaf.div(temperature).logSoftmax(-1);
  const own = all.gather(1, targets.unsqueeze(1)).squeeze(1);
  const H = all.exp().mul(all).sum(-1).neg();
  const weighted = (x: Tensor, by: Tensor | null): Tensor =>
    (by === null ? x.mul(0) : x.mul(by.to('float64'))).sum();
  weighted(own, logprobs).add(weighted(H, entropy)).backward();
  return { own: own.detach(), H: H.detach(), correct: all.argmax(-1).eq(targets), gradient: leaf.grad! };
}

/** ‖a − b‖ / ‖b‖ */
function apart(found: Tensor, wanted: Tensor): number {
  return found.to('float64').sub(wanted).norm().item() / wanted.norm().item();
}

describe('the kernels of the head', () => {
  const settings: readonly Setting[] = [
    { dtype: 'float32', V: 29 },
    { dtype: 'float32', V: 4096, temperature: 0.7 },
    { dtype: 'bfloat16', V: 9000, temperature: 1.3 },
    { dtype: 'bfloat16', V: 1001, sharpness: 20 },
  ];

  it.each(settings)('are what autograd computes in float64: %o', (setting) => {
    scope(() => {
      const { dtype, temperature = 1 } = setting;
      const [logits, targets] = given(setting);
      const gradients = { logprobs: randn([N]), entropy: randn([N]) };
      for (const entropy of [null, gradients.entropy]) {
        const used = { ...gradients, entropy };
        const wanted = expected(logits, targets, temperature, used);
        withHostKernels(() => {
          const found = headForward(logits, targets, temperature)!;
          expect(apart(found.logprobs, wanted.own)).toBeLessThan(1e-6);
          expect(apart(found.entropy, wanted.H)).toBeLessThan(1e-5);
          expect(found.correct.toArray()).toEqual(wanted.correct.toArray());
          const inPlace = logits.mul(1);
          expect(headBackward(inPlace, targets, found, used, temperature)).toBe(true);
          expect(apart(inPlace, wanted.gradient)).toBeLessThan(dtype === 'float32' ? 2e-5 : 3e-3);
        });
      }
    });
  });

  it('keep what is left of a prediction that is nearly certain', () => {
    scope(() => {
      // exp(−20) of 99 others: log p = −2.04e-7, of which float32 has 0 or 1.2e-7 where 1 is in the sum.
      const logits = full([1, 100], 0);
      logits.select(1, 3).fill_(20);
      const targets = indices([3], [1]);
      const rest = 99 * Math.exp(-20);
      withHostKernels(() => {
        const found = headForward(logits, targets, 1)!;
        expect(found.logprobs.item() / -Math.log1p(rest)).toBeCloseTo(1, 5);
        expect(found.entropy.item() / (Math.log1p(rest) + (20 * rest) / (1 + rest))).toBeCloseTo(1, 5);
        headBackward(logits, targets, found, { logprobs: tensor([1]), entropy: null }, 1);
        expect(logits.select(1, 3).item() / rest).toBeCloseTo(1, 5);
        expect(logits.select(1, 4).item() / -Math.exp(-20)).toBeCloseTo(1, 5);
      });
    });
  });

  it('take the first of equal logits for the most probable token', () => {
    scope(() => {
      const logits = tensor([1, 5, 5, 2, 5, 5, 5, 5, 0, 0, 0, 0], [3, 4]);
      const correct = (targets: readonly number[]): number[] =>
        withHostKernels(() => headForward(logits, indices(targets, [3]), 1)!.correct.toArray());
      expect(correct([1, 0, 0])).toEqual([1, 1, 1]);
      expect(correct([2, 1, 3])).toEqual([0, 0, 0]);
    });
  });

  it('do not run on a CPU', () => {
    scope(() => {
      const [logits, targets] = given({ dtype: 'float32', V: 29 });
      expect(headForward(logits, targets, 1)).toBeNull();
    });
  });
});
