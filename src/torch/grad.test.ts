import { describe, expect, it } from 'vitest';
import { ones, tensor, zeros } from './functional.ts';
import { backward, enableGrad, gradients, noGrad, recordsHistory } from './grad.ts';
import { scope } from './scope.ts';

describe('noGrad', () => {
  it('records nothing inside, and restores the mode after, also after an error', () => {
    scope(() => {
      const x = ones([1]).requiresGrad_();
      expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
      expect(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad).toBe(true);
      expect(() =>
        noGrad(() => {
          throw new Error('stop');
        }),
      ).toThrow('stop');
      expect(x.mul(2).requiresGrad).toBe(true);
    });
  });
});

describe('gradients', () => {
  it('gives ∂y/∂x and leaves .grad alone', () => {
    scope(() => {
      const x = tensor([1, 2]).requiresGrad_();
      const y = tensor([3, 4]).requiresGrad_();
      const [dx, dy] = gradients([x.mul(y).sum()], [x, y]);
      expect([dx!.toArray(), dy!.toArray()]).toEqual([
        [3, 4],
        [1, 2],
      ]);
      expect(x.grad).toBeNull();
    });
  });

  it('weighs outputs by their gradients, and sums over outputs', () => {
    scope(() => {
      const x = tensor([1, 2]).requiresGrad_();
      const [dx] = gradients([x.mul(2), x.square()], [x], {
        outputGradients: [tensor([1, 10]), tensor([1, 1])],
      });
      expect(dx!.toArray()).toEqual([2 + 2, 20 + 4]);
    });
  });

  it('gives null for what took no part where that is allowed, else says so', () => {
    scope(() => {
      const [x, unused] = [ones([1]).requiresGrad_(), ones([1]).requiresGrad_()];
      expect(gradients([x.mul(2).sum()], [x, unused], { allowUnused: true })[1]).toBeNull();
      expect(() => gradients([x.mul(2).sum()], [unused])).toThrow(/unused|not.*used/i);
    });
  });

  it('goes through a graph once unless it is retained', () => {
    scope(() => {
      const x = ones([1]).requiresGrad_();
      const y = x.square().sum();
      gradients([y], [x], { retainGraph: true });
      gradients([y], [x]);
      expect(() => gradients([y], [x])).toThrow(/second time/);
    });
  });
});

describe('backward', () => {
  it('accumulates into the leaves, from one output or several', () => {
    scope(() => {
      const x = tensor([1, 2]).requiresGrad_();
      x.square().sum().backward();
      x.mul(10).sum().backward();
      expect(x.grad!.toArray()).toEqual([12, 14]);
      x.setGrad(null);
      expect(x.grad).toBeNull();
      backward([x.sum(), x.mul(2)], [tensor([1], []), tensor([1, 0])]);
      expect(x.grad!.toArray()).toEqual([3, 1]);
    });
  });

  it('accumulates in place into a gradient that is set', () => {
    scope(() => {
      const x = ones([2]).requiresGrad_();
      const buffer = zeros([2]);
      x.setGrad(buffer);
      x.mul(3).sum().backward();
      expect(buffer.toArray()).toEqual([3, 3]);
    });
  });

  it('needs a gradient for an output that is no scalar', () => {
    scope(() => {
      const x = ones([2]).requiresGrad_();
      expect(() => x.mul(2).backward()).toThrow(/scalar/);
      x.mul(2).backward(tensor([1, 5]));
      expect(x.grad!.toArray()).toEqual([2, 10]);
    });
  });

  it('says so where nothing needs a gradient', () => {
    scope(() => expect(() => ones([1]).sum().backward()).toThrow(/does not require grad/));
  });

  it('stops at detach()', () => {
    scope(() => {
      const x = tensor([3], []).requiresGrad_();
      x.mul(x.detach()).backward();
      expect(x.grad!.item()).toBe(3);
    });
  });
});

describe('recordsHistory', () => {
  it('is what the innermost mode says, also after a mode has ended by an error', () => {
    expect(recordsHistory()).toBe(true);
    noGrad(() => {
      expect(recordsHistory()).toBe(false);
      enableGrad(() => expect(recordsHistory()).toBe(true));
      expect(recordsHistory()).toBe(false);
    });
    expect(() => noGrad(() => JSON.parse('{'))).toThrow(SyntaxError);
    expect(recordsHistory()).toBe(true);
  });
});
