import { describe, expect, it } from 'vitest';
import { requirement } from '../../../tests/support/requirement.ts';
import { computeCapability, deviceReport, randn, scope, type Tensor } from '../../torch/index.ts';
import { attend } from './attention.ts';
import { readsLong } from './long-attention.ts';
import { attentionMask, type MaskOptions } from './mask.ts';

const SIZES = { H: 4, kvHeads: 2, D: 64 };

it('is for half precision on Hopper', () => {
  expect(readsLong({ dtype: 'bfloat16', device: 'cpu', headDim: 64 })).toBe(false);
});

const onHopper = deviceReport().devices.length > 1 && Math.floor(computeCapability('cuda:0')) === 9;
const hopper = requirement(onHopper ? null : 'no GPU of compute capability 9');

describe.skipIf(hopper.missing)(`long documents${hopper.note}`, () => {
  const place = { dtype: 'bfloat16', device: 'cuda:0' } as const;

  /** The output and the gradients of q, k and v, of a fixed direction. */
  function results(T: number, options: Partial<MaskOptions>, given: readonly Tensor[]): Tensor[] {
    const [q, k, v, direction] = given.map((x) => x.detach().requiresGrad_());
    const size = { queries: T, keys: T, groups: SIZES.H / SIZES.kvHeads, headDim: SIZES.D };
    const out = attend(q!, k!, v!, attentionMask({ ...place, ...size, ...options }));
    out.mul(direction!).sum().backward();
    return [out.detach(), ...[q, k, v].map((x) => x!.grad!)];
  }

  it.each([
    { T: 4096, options: {} },
    { T: 4700, options: {} },
    { T: 9600, options: { segments: [[300, 4100, 10, 20, 4500]] } },
  ])('$T tokens: as flash attention reads them, with its gradient', ({ T, options }) => {
    scope(() => {
      const heads = (count: number): Tensor =>
        randn([1, T, count, SIZES.D], { device: place.device }).to(place.dtype).transpose(1, 2);
      const given = [SIZES.H, SIZES.kvHeads, SIZES.kvHeads, SIZES.H].map(heads);
      const long = results(T, options, given);
      // A pass over a cache never takes cuDNN; one of documents does without the size of heads that its kernel needs.
      const apart = results(
        T,
        'segments' in options ? { ...options, headDim: undefined } : { cached: true },
        given,
      );
      for (const [i, found] of long.entries()) {
        const error =
          found.sub(apart[i]!).to('float32').norm().item() / apart[i]!.to('float32').norm().item();
        expect(error).toBeLessThan(0.02);
      }
    });
  });
});
