import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ones, zeros } from './functional.ts';
import { dispose, keep, scope } from './scope.ts';
import { memory } from './system.ts';
import type { Tensor } from './tensor.ts';

const live = (): number => memory().tensors;
let before: number;
beforeEach(() => {
  before = live();
});
afterEach(() => {
  if (live() !== before) throw new Error(`${live() - before} tensors are left`);
});

describe('scope', () => {
  it('frees what it made but what it returns', () => {
    let inner: Tensor | undefined;
    const result = scope(() => {
      inner = ones([2]);
      return inner.add(1);
    });
    expect(live()).toBe(before + 1);
    expect(inner!.disposed).toBe(true);
    expect(result.toArray()).toEqual([2, 2]);
    result.dispose();
  });

  it('finds returned tensors in arrays, maps, sets and the fields of objects, cycles included', () => {
    class Holder {
      readonly field = ones([1]);
      readonly self = this;
    }
    const result = scope(() => {
      ones([9]);
      return {
        list: [ones([1]), [ones([1])]],
        map: new Map([['a', ones([1])]]),
        set: new Set([ones([1])]),
        holder: new Holder(),
      };
    });
    expect(live()).toBe(before + 5);
    dispose(result);
  });

  it('hands what an inner scope returns to the outer one', () => {
    const sum = scope(() => {
      const inner = scope(() => {
        zeros([3]);
        return ones([3]);
      });
      expect(live()).toBe(before + 1);
      return inner.sum().item();
    });
    expect(sum).toBe(3);
  });

  it('frees everything when the function throws', () => {
    expect(() =>
      scope(() => {
        ones([2]);
        scope(() => ones([3]));
        throw new Error('stop');
      }),
    ).toThrow('stop');
  });

  it('does not free tensors made outside, nor those freed by hand', () => {
    const outside = ones([2]);
    scope(() => {
      outside.add(1).dispose();
      return outside;
    });
    expect(outside.disposed).toBe(false);
    outside.dispose();
  });

  it('refuses async functions and frees what they made until then', async () => {
    let pending: Promise<unknown> | undefined;
    expect(() =>
      scope(() => {
        pending = (async () => ones([2]))();
        return pending;
      }),
    ).toThrow(/not async/);
    await pending;
  });

  it('keeps what backward needs: the graph holds it, not the handles', () => {
    const x = ones([2]).requiresGrad_();
    const loss = scope(() => x.mul(3).exp().mul(2).sum());
    loss.backward();
    const gradient = x.grad!;
    expect(gradient.toArray()[0]).toBeCloseTo(6 * Math.exp(3), 3);
    dispose([x, loss, gradient]);
  });
});

describe('keep', () => {
  it('lets tensors outlive every scope, until they are disposed of', () => {
    const held: { tensor?: Tensor } = {};
    scope(() =>
      scope(() => {
        held.tensor = keep(ones([2]));
      }),
    );
    expect(held.tensor!.toArray()).toEqual([1, 1]);
    held.tensor!.dispose();
  });

  it('is harmless twice and outside scopes', () => {
    const tensor = keep(keep(ones([2])));
    tensor.dispose();
    expect(tensor.disposed).toBe(true);
  });
});

describe('dispose', () => {
  it('frees every tensor inside a value, once', () => {
    const shared = ones([1]);
    dispose({ a: shared, b: [shared, ones([1])] });
    expect(live()).toBe(before);
    dispose(shared);
    shared.dispose();
  });

  it('works with using', () => {
    {
      using tensor = ones([2]);
      expect(tensor.disposed).toBe(false);
    }
    expect(live()).toBe(before);
  });
});
