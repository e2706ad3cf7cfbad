import { describe, expect, it } from 'vitest';
import { aten, cat, type DType, randn, scope, type Tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { rmsNorm } from './rms-norm.ts';
import type { NormOffset } from './rms-norm-kernel.ts';
import type { Rotation } from './rotary.ts';
import { mergedRotaryKernel, rotaryKernel } from './rotary-kernel.ts';
import { apart, leaves } from './testing.ts';

const EPS = 1e-5;
const [B, T, HEADS, KV] = [2, 5, 4, 2];

const roll = aten('roll');

/** Norm and rotation of heads: x [B, T, H · d] → [B, T, H, d] */
function composed(
  x: Tensor,
  headDim: number,
  { cos, sin }: Rotation,
  weight: Tensor | null,
  offset: NormOffset = 0,
): Tensor {
  const heads = x.view([B, T, -1, headDim]);
  const normal = weight === null ? heads : rmsNorm(heads, weight, EPS, offset);
  const turned = normal.transpose(1, 2);
  const swapped = roll(turned, [headDim / 2], [-1]) as Tensor;
  return turned.mul(cos).add(swapped.mul(sin)).transpose(1, 2);
}

/** Angles of consecutive positions, shared by rows, or of each token. */
function rotationOf(headDim: number, shared: boolean): Rotation {
  const shape = shared ? [T, headDim] : [B, 1, T, headDim];
  return { cos: randn(shape), sin: randn(shape) };
}

function inDtype({ cos, sin }: Rotation, dtype: DType): readonly [own: Rotation, wide: Rotation] {
  const own = { cos: cos.to(dtype), sin: sin.to(dtype) };
  return [own, { cos: own.cos.to('float32'), sin: own.sin.to('float32') }];
}

describe('rotaryKernel', () => {
  it.each([
    ['shared positions', 16, 'float32', true, false],
    ['own positions', 64, 'bfloat16', false, false],
    ['norms of heads', 128, 'bfloat16', true, true],
    ['norms of heads in float32', 32, 'float32', false, true],
    ['norms of heads with gains of 1 + w', 32, 'float32', false, true, 1],
  ] as const)(
    'is the composed form, forward and backward: %s',
    (_, d, dtype, shared, normed, offset: NormOffset = 0) => {
      const tolerance = dtype === 'float32' ? 1e-5 : 0.015;
      scope(() => {
        const [rotation, wideRotation] = inDtype(rotationOf(d, shared), dtype);
        const [q, wideQ] = leaves([B, T, HEADS * d], dtype);
        const [k, wideK] = leaves([B, T, KV * d], dtype);
        const [query, wideQuery] = leaves([d], dtype);
        const [key, wideKey] = leaves([d], dtype);
        const options = { heads: HEADS, kvHeads: KV, headDim: d };
        const norms = normed ? { query, key, eps: EPS, offset } : null;
        const [turnedQ, turnedK] = withHostKernels(() => rotaryKernel([q, k], rotation, options, norms)!);
        const expectedQ = composed(wideQ, d, wideRotation, normed ? wideQuery : null, offset);
        const expectedK = composed(wideK, d, wideRotation, normed ? wideKey : null, offset);
        expect(apart(turnedQ, expectedQ)).toBeLessThan(tolerance);
        expect(apart(turnedK, expectedK)).toBeLessThan(tolerance);
        for (const [found, expected] of [
          [turnedQ, expectedQ],
          [turnedK, expectedK],
        ] as const) {
          const gradient = randn(found.shape).to(dtype);
          found.backward(gradient, { retainGraph: true });
          expected.backward(gradient.to('float32'));
        }
        expect(apart(q.grad!, wideQ.grad!)).toBeLessThan(tolerance);
        expect(apart(k.grad!, wideK.grad!)).toBeLessThan(tolerance);
        if (!normed) return;
        expect(apart(query.grad!, wideQuery.grad!)).toBeLessThan(tolerance);
        expect(apart(key.grad!, wideKey.grad!)).toBeLessThan(tolerance);
      });
    },
  );

  it.each([false, true])('splits a merged projection and adds its bias; norms of heads: %s', (normed) => {
    const d = 16;
    const columns = (HEADS + 2 * KV) * d;
    scope(() => {
      const rotation = rotationOf(d, true);
      const [qkv, wide] = leaves([B, T, columns], 'float32');
      const [bias, wideBias] = leaves([columns], 'float32');
      const [query, wideQuery] = leaves([d], 'float32');
      const [key, wideKey] = leaves([d], 'float32');
      const options = { heads: HEADS, kvHeads: KV, headDim: d };
      const norms = normed ? { query, key, eps: EPS, offset: 0 as const } : null;
      const found = withHostKernels(() => mergedRotaryKernel(qkv, bias, rotation, options, norms)!);
      const [q, k, v] = wide.add(wideBias).splitSizes([HEADS * d, KV * d, KV * d], 2);
      const expected = [
        composed(q!, d, rotation, normed ? wideQuery : null),
        composed(k!, d, rotation, normed ? wideKey : null),
        v!.view([B, T, KV, d]),
      ];
      for (const [i, one] of found.entries()) expect(apart(one, expected[i]!)).toBeLessThan(1e-5);
      const factors = randn([B, T, HEADS + 2 * KV, d]);
      cat(found, 2).mul(factors).sum().backward();
      cat(expected, 2).mul(factors).sum().backward();
      expect(apart(qkv.grad!, wide.grad!)).toBeLessThan(1e-5);
      expect(apart(bias.grad!, wideBias.grad!)).toBeLessThan(1e-5);
      if (normed) expect(apart(query.grad!, wideQuery.grad!)).toBeLessThan(1e-5);
      if (normed) expect(apart(key.grad!, wideKey.grad!)).toBeLessThan(1e-5);
    });
  });

  it('leaves heads of other sizes to the composed form', () => {
    scope(() => {
      const heads = { heads: 1, kvHeads: 1, headDim: 48 };
      const x = randn([1, 2, 48]);
      const angles = { cos: randn([2, 48]), sin: randn([2, 48]) };
      expect(withHostKernels(() => rotaryKernel([x, x], angles, heads, null))).toBeNull();
    });
  });
});
