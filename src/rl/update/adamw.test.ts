import { describe, expect, it } from 'vitest';
import { requirement } from '../../../tests/support/requirement.ts';
import { features, noGrad, randn, scope, type Tensor, torchVersion } from '../../torch/index.ts';
import { AdamW } from './adamw.ts';
import { FlatParameters } from './flat-parameters.ts';
import { backward, layer } from './testing.ts';

describe('AdamW', () => {
  const options = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1 } as const;

  /** The step by hand: algorithm 2 of the paper, one scalar at a time. */
  function byHand(values: number[], gradients: number[], steps: number, decays: boolean[]): number[] {
    return values.map((value, i) => {
      let [m, v, w] = [0, 0, value];
      for (let t = 1; t <= steps; t++) {
        if (decays[i]) w *= 1 - 0.01 * 0.1;
        m = 0.9 * m + 0.1 * gradients[i]!;
        v = 0.95 * v + 0.05 * gradients[i]! ** 2;
        w -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.95 ** t)) + 1e-8);
      }
      return w;
    });
  }

  it.each([
    ['all', [true, true, true]],
    ['matrices', [true, true, false]],
  ] as const)('follows the paper; decays %s', (decay, decays) => {
    const linear = layer();
    const flat = new FlatParameters(linear);
    const optimizer = new AdamW(flat, { ...options, decay });
    for (let step = 0; step < 3; step++) {
      flat.zeroGradients();
      backward(linear);
      optimizer.step(0.01);
    }
    const expected = byHand([1, -2, 0.5], [3, 1, 1], 3, [...decays]);
    for (const [i, value] of flat.values.toArray().entries()) expect(value).toBeCloseTo(expected[i]!, 12);
    expect(optimizer.steps).toBe(3);
  });
});

/** torch's fused operator has a kernel for the CPU from 2.4 on. */
function fusedOnCpu(): string | null {
  const [major, minor] = torchVersion.split('.').map(Number) as [number, number];
  const isThere = features.fusedAdamW && (major > 2 || (major === 2 && minor >= 4));
  return isThere ? null : `torch ${torchVersion} has no _fused_adamw_ for the CPU, which is in torch 2.4`;
}
const fused = requirement(fusedOnCpu());

describe.skipIf(fused.missing)(`AdamW by torch's fused operator${fused.note}`, () => {
  it.each([
    [0, 'all'],
    [0.1, 'all'],
    [0.1, 'matrices'],
  ] as const)('takes the steps of the composed form: decay %d of %s', (weightDecay, decay) => {
    scope(() => {
      const length = 4099;
      const start = randn([length]);
      const parametersOf = () => ({
        values: start.add(0),
        gradients: start.mul(0),
        // A norm, a matrix, a bias, a matrix; none at the end of the vector.
        matrices: [
          [7, 2048],
          [2063, 1024],
        ] as const,
      });
      const options = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay, decay } as const;
      const [one, other] = [parametersOf(), parametersOf()];
      const composed = new AdamW(one, { ...options, fused: false });
      const operator = new AdamW(other, { ...options, fused: true });
      const far = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax(0).item();
      for (let step = 1; step <= 20; step++) {
        const gradients = randn([length]).mul(step);
        noGrad(() => {
          one.gradients.copy_(gradients);
          other.gradients.copy_(gradients);
        });
        composed.step(1e-3 / step);
        operator.step(1e-3 / step);
        expect(far(one.values, other.values)).toBeLessThan(2e-6);
      }
      expect(far(one.values, start)).toBeGreaterThan(1e-3);
      expect(far(composed.firstMoment, operator.firstMoment)).toBeLessThan(1e-4);
      expect(operator.steps).toBe(20);
    });
  });
});
