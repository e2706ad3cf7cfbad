import { describe, expect, it } from 'vitest';
import { apart } from '../../models/layers/testing.ts';
import { empty, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { AdamW } from './adamw.ts';
import type { Rounding } from './rounding.ts';

const LENGTH = 1027;
// A norm, a matrix, a bias, a matrix; none at the end.
const MATRICES = [
  [7, 512],
  [527, 256],
] as const;

/** Values of which the first 900 are rounded: two stretches change places, at odd bounds. */
function roundingOf(): Rounding {
  const stretches = [
    { from: 0, to: 0, count: 101 },
    { from: 101, to: 302, count: 200 },
    { from: 301, to: 101, count: 201 },
    { from: 502, to: 502, count: 398 },
  ];
  return { vector: empty([900], { dtype: 'bfloat16' }), stretches };
}

function parametersOf(start: Tensor, rounding: Rounding | null) {
  return { values: start.add(0), gradients: start.mul(0), matrices: MATRICES, rounding };
}

describe('AdamW by a kernel', () => {
  it.each([
    [0, 'all'],
    [0.1, 'matrices'],
  ] as const)('clips and takes the steps of the composed form: decay %d of %s', (weightDecay, decay) => {
    scope(() => {
      const start = randn([LENGTH]);
      const options = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay, decay } as const;
      const rounding = roundingOf();
      const [one, other] = [parametersOf(start, null), parametersOf(start, rounding)];
      const composed = new AdamW(one, { ...options, fused: false });
      const kernel = new AdamW(other, options);
      expect(kernel.clippedStep(1, 1)).toBeNull();
      for (let step = 1; step <= 20; step++) {
        const gradients = randn([LENGTH]).mul(step);
        const norm = gradients.norm().item();
        const most = step % 2 === 0 ? norm / 2 : 2 * norm;
        noGrad(() => {
          one.gradients.copy_(gradients.mul(Math.min(1, most / (norm + 1e-6))));
          other.gradients.copy_(gradients);
        });
        composed.step(1e-3 / step);
        const said = withHostKernels(() => kernel.clippedStep(1e-3 / step, most)!);
        expect(said.item() / norm).toBeCloseTo(1, 6);
        expect(other.gradients.toArray()).toEqual(gradients.toArray());
      }
      expect(apart(other.values, one.values)).toBeLessThan(1e-6);
      expect(apart(one.values, start)).toBeGreaterThan(1e-4);
      expect(apart(kernel.firstMoment, composed.firstMoment)).toBeLessThan(1e-5);
      expect(apart(kernel.secondMoment, composed.secondMoment)).toBeLessThan(1e-5);
      expect(kernel.steps).toBe(20);
      for (const { from, to, count } of rounding.stretches) {
        const exact = other.values.narrow(0, from, count).to('bfloat16');
        expect(rounding.vector.narrow(0, to, count).toArray()).toEqual(exact.toArray());
      }
    });
  });

  it('leaves everything as it is where the norm is not finite', () => {
    scope(() => {
      const start = randn([LENGTH]);
      const parameters = parametersOf(start, null);
      const options = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, decay: 'all' } as const;
      const kernel = new AdamW(parameters, options);
      noGrad(() => parameters.gradients.narrow(0, 3, 1).fill_(Number.NaN));
      const norm = withHostKernels(() => kernel.clippedStep(1e-3, 1)!);
      expect(Number.isFinite(norm.item())).toBe(false);
      expect(parameters.values.toArray()).toEqual(start.toArray());
      expect(kernel.firstMoment.abs().amax(0).item()).toBe(0);
    });
  });
});
