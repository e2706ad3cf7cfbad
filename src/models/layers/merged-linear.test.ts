import { describe, expect, it } from 'vitest';
import { memory, randn, scope } from '../../torch/index.ts';
import { Linear } from './linear.ts';
import { addLowRank } from './lora.ts';
import { MergedLinears } from './merged-linear.ts';

const PLACE = { dtype: 'float32', device: 'cpu' } as const;

function layer(outputs: number, bias: boolean): Linear {
  const made = new Linear(5, outputs, bias, PLACE);
  scope(() => {
    made.weight.copy_(randn(made.weight.shape));
    made.bias?.copy_(randn([outputs]));
  });
  return made;
}

describe('MergedLinears', () => {
  it.each([true, false])('gives what the layers give, one behind the other (bias: %s)', (bias) => {
    scope(() => {
      const layers = [layer(4, bias), layer(2, bias), layer(3, bias)];
      const merged = new MergedLinears();
      const x = randn([2, 1, 5]);
      const expected = layers.flatMap((one) => one.forward(x).select(0, 1).flatten().toArray());
      const before = memory().tensors;
      for (let i = 0; i < 2; i++) {
        const found = merged.forward(x, layers)!;
        expect(found.shape).toEqual([2, 1, 9]);
        for (const [k, value] of found.select(0, 1).flatten().toArray().entries())
          expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-5);
      }
      expect(memory().tensors).toBeGreaterThan(before);
      merged.dispose();
    });
  });

  it('leaves layers alone that differ, or have LoRA', () => {
    scope(() => {
      const merged = new MergedLinears();
      const x = randn([1, 5]);
      expect(merged.forward(x, [layer(4, true), layer(2, false)])).toBeNull();
      const adapted = layer(4, false);
      addLowRank(adapted, randn([2, 5]), randn([4, 2]), 1);
      expect(merged.forward(x, [layer(2, false), adapted])).toBeNull();
      merged.dispose();
    });
  });
});
