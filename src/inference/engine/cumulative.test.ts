import { expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { scope, tensor } from '../../torch/index.ts';
import { byProducts, cumulative } from './cumulative.ts';

it.each([1, 511, 512, 1300])('sums %i places by products as one after another', (n) => {
  const random = Random.derive(n, 'values');
  scope(() => {
    const values = tensor(
      Float32Array.from({ length: 3 * n }, () => random.next()),
      [3, n],
    );
    const [own, torch] = [byProducts(values).toArray(), cumulative(values).toArray()];
    expect(own).toHaveLength(3 * n);
    for (const [i, sum] of own.entries()) expect(sum / torch[i]!).toBeCloseTo(1, 4);
  });
});
