import { describe, expect, it } from 'vitest';
import { arange, indices, ones, tensor, zeros } from './functional.ts';
import { noGrad } from './grad.ts';
import { scope } from './scope.ts';
import { memory } from './system.ts';
import type { Tensor } from './tensor.ts';

const wide = { dtype: 'float64' } as const;
const row = (...values: number[]): Tensor => tensor(values, [values.length], wide);
const matrix = (): Tensor => tensor([1, 2, 3, 4, 5, 6], [2, 3], wide);

/** Runs a check in a scope; the method's result as plain numbers. */
function expectValues(compute: () => Tensor, expected: readonly number[], shape?: readonly number[]): void {
  scope(() => {
    const result = compute();
    const found = result.toArray();
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) {
      if (Number.isFinite(value)) expect(found[i]).toBeCloseTo(value, 12);
      else expect(found[i]).toBe(value);
    }
    if (shape) expect(result.shape).toEqual(shape);
  });
}

describe('element-wise methods', () => {
  const cases: [string, () => Tensor, number[]][] = [
    ['add', () => row(1, 2).add(row(3, 4)), [4, 6]],
    ['add a number', () => row(1, 2).add(0.5), [1.5, 2.5]],
    ['sub', () => row(1, 2).sub(row(3, 5)), [-2, -3]],
    ['sub a number', () => row(1, 2).sub(1), [0, 1]],
    ['mul', () => row(2, 3).mul(row(4, 5)), [8, 15]],
    ['mul a number', () => row(2, 3).mul(2), [4, 6]],
    ['div', () => row(1, 3).div(row(2, 4)), [0.5, 0.75]],
    ['div by a number', () => row(1, 0, -1).div(0), [Infinity, Number.NaN, -Infinity]],
    ['pow', () => row(2, 9).pow(row(3, 0.5)), [8, 3]],
    ['pow a number', () => row(2, 3).pow(2), [4, 9]],
    ['neg', () => row(1, -2).neg(), [-1, 2]],
    ['exp', () => row(0, 1).exp(), [1, Math.E]],
    ['log', () => row(1, 0).log(), [0, -Infinity]],
    ['sqrt', () => row(4, 2).sqrt(), [2, Math.SQRT2]],
    ['rsqrt', () => row(4, 0.25).rsqrt(), [0.5, 2]],
    ['square', () => row(-3, 2).square(), [9, 4]],
    ['abs', () => row(-3, 2).abs(), [3, 2]],
    ['sign', () => row(-3, 0, 2).sign(), [-1, 0, 1]],
    ['sin', () => row(1).sin(), [Math.sin(1)]],
    ['cos', () => row(1).cos(), [Math.cos(1)]],
    ['tanh', () => row(1).tanh(), [Math.tanh(1)]],
    ['sigmoid', () => row(0, Math.log(3)).sigmoid(), [0.5, 0.75]],
    ['softplus', () => row(0, 100, -100).softplus(), [Math.LN2, 100, 0]],
    ['silu', () => row(0, Math.log(3)).silu(), [0, 0.75 * Math.log(3)]],
    ['relu', () => row(-1, 2).relu(), [0, 2]],
    ['gelu', () => row(1).gelu(), [0.8413447460685429]],
    ['gelu by tanh', () => row(1).gelu('tanh'), [0.8411919906082768]],
    ['clamp', () => row(-5, 0, 5).clamp(-1, 2), [-1, 0, 2]],
    ['clamp one side', () => row(-5, 0, 5).clamp(null, 2), [-5, 0, 2]],
    ['minimum', () => row(1, 4).minimum(row(3, 2)), [1, 2]],
    ['maximum', () => row(1, 4).maximum(row(3, 2)), [3, 4]],
    ['eq', () => row(1, 2).eq(row(1, 3)), [1, 0]],
    ['ne', () => row(1, 2).ne(1), [0, 1]],
    ['lt', () => row(1, 2).lt(2), [1, 0]],
    ['le', () => row(1, 2, 3).le(2), [1, 1, 0]],
    ['gt', () => row(1, 2).gt(row(0, 2)), [1, 0]],
    ['ge', () => row(1, 2).ge(2), [0, 1]],
    ['logicalAnd', () => row(1, 1, 0).logicalAnd(row(1, 0, 0)), [1, 0, 0]],
    ['logicalOr', () => row(1, 1, 0).logicalOr(row(1, 0, 0)), [1, 1, 0]],
    ['logicalNot', () => row(2, 0).logicalNot(), [0, 1]],
    ['isfinite', () => row(1, Infinity, Number.NaN).isfinite(), [1, 0, 0]],
    ['maskedFill', () => row(1, 2).maskedFill(row(0, 1).gt(0), -9), [1, -9]],
  ];
  it.each(cases)('%s', (_, compute, expected) => expectValues(compute, expected));

  it('broadcast', () => expectValues(() => matrix().add(row(10, 20, 30)), [11, 22, 33, 14, 25, 36], [2, 3]));
});

describe('matrices and shapes', () => {
  const cases: [string, () => Tensor, number[], number[]][] = [
    ['matmul', () => matrix().matmul(matrix().transpose()), [14, 32, 32, 77], [2, 2]],
    ['bmm', () => ones([2, 1, 2]).bmm(tensor([1, 2, 3, 4], [2, 2, 1])), [3, 7], [2, 1, 1]],
    ['transpose', () => matrix().transpose(0, 1), [1, 4, 2, 5, 3, 6], [3, 2]],
    ['permute', () => matrix().view([1, 2, 3]).permute([2, 0, 1]), [1, 4, 2, 5, 3, 6], [3, 1, 2]],
    ['tril', () => matrix().tril(), [1, 0, 0, 4, 5, 0], [2, 3]],
    ['triu', () => matrix().triu(1), [0, 2, 3, 0, 0, 6], [2, 3]],
    ['reshape', () => matrix().transpose().reshape([-1]), [1, 4, 2, 5, 3, 6], [6]],
    ['view', () => matrix().view([3, -1]), [1, 2, 3, 4, 5, 6], [3, 2]],
    ['unsqueeze', () => row(1, 2).unsqueeze(1), [1, 2], [2, 1]],
    ['squeeze', () => row(1, 2).view([1, 2]).squeeze(0), [1, 2], [2]],
    ['expand', () => row(1, 2).unsqueeze(1).expand([-1, 2]), [1, 1, 2, 2], [2, 2]],
    ['flatten', () => ones([2, 1, 3]).flatten(0, 1), [1, 1, 1, 1, 1, 1], [2, 3]],
    ['contiguous', () => matrix().transpose().contiguous().view([6]), [1, 4, 2, 5, 3, 6], [6]],
    ['narrow', () => matrix().narrow(1, 1, 2), [2, 3, 5, 6], [2, 2]],
    ['select', () => matrix().select(0, -1), [4, 5, 6], [3]],
    ['slice', () => matrix().slice(1, 0, null, 2), [1, 3, 4, 6], [2, 2]],
    ['slice from the end', () => matrix().slice(1, -1), [3, 6], [2, 1]],
    ['indexSelect', () => matrix().indexSelect(1, indices([2, 0])), [3, 1, 6, 4], [2, 2]],
    ['gather', () => matrix().gather(1, indices([2, 0], [2, 1])), [3, 4], [2, 1]],
    ['index', () => matrix().index([indices([1, 0]), indices([0, 2])]), [4, 3], [2]],
    ['index by a mask', () => matrix().index([matrix().gt(4)]), [5, 6], [2]],
    ['indexCopy', () => row(1, 2, 3).indexCopy(0, indices([2, 0]), row(30, 10)), [10, 2, 30], [3]],
    ['repeatInterleave', () => row(1, 2).repeatInterleave(2, 0), [1, 1, 2, 2], [4]],
    ['repeat', () => row(1, 2).repeat([2, 2]), [1, 2, 1, 2, 1, 2, 1, 2], [2, 4]],
    ['flip', () => matrix().flip([1]), [3, 2, 1, 6, 5, 4], [2, 3]],
  ];
  it.each(cases)('%s', (_, compute, expected, shape) => expectValues(compute, expected, shape));

  it('splits', () => {
    scope(() => {
      const shapes = (parts: Tensor[]): (readonly number[])[] => parts.map(({ shape }) => shape);
      expect(shapes(arange(0, 5).split(2))).toEqual([[2], [2], [1]]);
      expect(shapes(matrix().splitSizes([1, 2], 1))).toEqual([
        [2, 1],
        [2, 2],
      ]);
      expect(shapes(arange(0, 4).chunk(2))).toEqual([[2], [2]]);
    });
  });

  it('shares memory in views and not in clones', () => {
    scope(() => {
      const x = zeros([4]);
      x.view([2, 2]).select(0, 1).fill_(7);
      x.clone().fill_(9);
      x.detach().narrow(0, 0, 1).fill_(1);
      expect(x.toArray()).toEqual([1, 0, 7, 7]);
    });
  });

  it('refuses a view the memory does not allow', () => {
    scope(() => expect(() => matrix().transpose().view([6])).toThrow(/aten::view/));
  });

  it('converts dtypes, back and forth as torch does', () => {
    scope(() => {
      const x = row(-1.7, 0, 2.5);
      expect(x.to('int64').toArray()).toEqual([-1, 0, 2]);
      expect(x.to('bool').toArray()).toEqual([1, 0, 1]);
      expect(x.to('bfloat16').dtype).toBe('bfloat16');
      expect(x.to('cpu').dtype).toBe('float64');
      expect(() => x.to('quad')).toThrow(/unknown dtype "quad"/);
    });
  });
});

describe('reductions', () => {
  const cases: [string, () => Tensor, number[], number[]][] = [
    ['sum', () => matrix().sum(), [21], []],
    ['sum over a dimension', () => matrix().sum(1), [6, 15], [2]],
    ['sum over dimensions, kept', () => matrix().sum([0, 1], true), [21], [1, 1]],
    ['mean', () => matrix().mean(), [3.5], []],
    ['mean over a dimension', () => matrix().mean(-1, true), [2, 5], [2, 1]],
    ['amax', () => matrix().amax(0), [4, 5, 6], [3]],
    ['max', () => matrix().max(), [6], []],
    ['min', () => matrix().min(), [1], []],
    ['argmax', () => row(1, 9, 3).argmax(0), [1], []],
    ['norm', () => row(3, 4).norm(), [5], []],
    ['cumsum', () => matrix().cumsum(1), [1, 3, 6, 4, 9, 15], [2, 3]],
    ['all', () => row(1, 0).gt(0).all(), [0], []],
    ['any', () => row(1, 0).gt(0).any(), [1], []],
    ['logsumexp', () => row(0, Math.log(3)).logsumexp(0), [Math.log(4)], []],
    ['softmax', () => row(0, Math.log(3)).softmax(0), [0.25, 0.75], [2]],
    ['logSoftmax', () => row(0, Math.log(3)).logSoftmax(-1), [Math.log(0.25), Math.log(0.75)], [2]],
    ['argsort', () => row(3, 1, 2).argsort(0, true), [0, 2, 1], [3]],
  ];
  it.each(cases)('%s', (_, compute, expected, shape) => expectValues(compute, expected, shape));

  it('sorts and takes the largest, values and places', () => {
    scope(() => {
      const [sorted, order] = row(3, 1, 2).sort();
      expect([sorted.toArray(), order.toArray()]).toEqual([
        [1, 2, 3],
        [1, 2, 0],
      ]);
      const [top, places] = row(3, 1, 2).topk(2);
      expect([top.toArray(), places.toArray()]).toEqual([
        [3, 2],
        [0, 2],
      ]);
    });
  });
});

describe('in-place methods', () => {
  const cases: [string, (x: Tensor) => Tensor, number[]][] = [
    ['add_', (x) => x.add_(row(1, 1)), [2, 5]],
    ['add_ with a factor', (x) => x.add_(row(1, 2), 10), [11, 24]],
    ['add_ a number', (x) => x.add_(2), [3, 6]],
    ['sub_', (x) => x.sub_(row(1, 1)), [0, 3]],
    ['mul_', (x) => x.mul_(3), [3, 12]],
    ['div_', (x) => x.div_(row(2, 2)), [0.5, 2]],
    ['addcmul_', (x) => x.addcmul_(row(1, 2), row(3, 4), 0.5), [2.5, 8]],
    ['addcdiv_', (x) => x.addcdiv_(row(1, 2), row(2, 4), 2), [2, 5]],
    ['lerp_', (x) => x.lerp_(row(3, 8), 0.25), [1.5, 5]],
    ['sqrt_', (x) => x.sqrt_(), [1, 2]],
    ['fill_', (x) => x.fill_(7), [7, 7]],
    ['zero_', (x) => x.zero_(), [0, 0]],
    ['copy_', (x) => x.copy_(tensor([9])), [9, 9]],
    ['clamp_', (x) => x.clamp_(2, 3), [2, 3]],
    ['indexCopy_', (x) => x.indexCopy_(0, indices([1]), row(5)), [1, 5]],
    ['maskedFill_', (x) => x.maskedFill_(x.gt(1), 0), [1, 0]],
  ];

  it.each(cases)('%s changes the tensor itself and leaves no second handle', (_, change, expected) => {
    scope(() => {
      const x = row(1, 4);
      const view = x.view([2]);
      scope(() => {
        expect(change(x)).toBe(x);
      });
      expect(view.toArray()).toEqual(expected);
      const before = memory().tensors;
      x.mul_(1);
      expect(memory().tensors).toBe(before);
    });
  });

  it('are refused on a leaf that needs a gradient, unless history is off', () => {
    scope(() => {
      const x = row(1, 4).requiresGrad_();
      expect(() => x.add_(1)).toThrow(/leaf/);
      noGrad(() => x.add_(1));
      expect(x.toArray()).toEqual([2, 5]);
    });
  });
});

describe('setData', () => {
  it('makes a parameter stand for other memory, its gradient settings kept', () => {
    scope(() => {
      const flat = zeros([4]);
      const x = ones([2]).requiresGrad_();
      noGrad(() => x.setData(flat.narrow(0, 1, 2)));
      noGrad(() => x.fill_(3));
      expect([flat.toArray(), x.requiresGrad]).toEqual([[0, 3, 3, 0], true]);
    });
  });
});
