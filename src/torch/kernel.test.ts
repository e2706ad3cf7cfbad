import { describe, expect, it, vi } from 'vitest';
import { randn } from './functional.ts';
import { noGrad } from './grad.ts';
import { FusedOperator, type Plan, runsKernels, type Spec } from './kernel.ts';
import { scope } from './scope.ts';
import { withHostKernels } from './testing.ts';

const SOURCE = `
extern "C" __global__ void scale(const T* x, T* y, int count, float factor) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) narrow(wide(x[i]) * factor, y[i]);
}
// y = x · Σ x of the 64 values of a block.
extern "C" __global__ void share(const T* x, T* y) {
  __shared__ float parts[2];
  const float sum = sumOfLanes<32>(wide(x[threadIdx.x]));
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
  __syncthreads();
  narrow(wide(x[threadIdx.x]) * (parts[0] + parts[1]), y[threadIdx.x]);
}
`;

function plan([x]: readonly Spec[], factor: number): Plan {
  const count = x!.shape.reduce((product, size) => product * size, 1);
  const launch = (from: string, to: string) => ({
    kernel: 'scale',
    grid: [Math.ceil(count / 64)],
    threads: 64,
    args: [from, to, { int: count }, { float: factor }],
  });
  return {
    defines: {},
    inputs: { x: x! },
    outputs: { y: x! },
    forward: [launch('x', 'y')],
    backward: [launch('d_y', 'd_x')],
  };
}

const scaled = new FusedOperator<number>('scaled', SOURCE, plan);

describe('FusedOperator', () => {
  it('runs where kernels run, else returns null', () => {
    scope(() => {
      const x = randn([3, 50]);
      expect(scaled.run([x], 2)).toBeNull();
      const [y] = withHostKernels(() => scaled.run([x], 2)!);
      expect(y!.sub(x.mul(2)).abs().max().item()).toBe(0);
      expect(runsKernels('cpu', 'float32')).toBe(false);
      expect(withHostKernels(() => runsKernels('cpu', 'int64'))).toBe(false);
    });
  });

  it('takes inputs and gradients that are not contiguous', () => {
    scope(() => {
      const x = randn([4, 6]).requiresGrad_();
      const factors = randn([6, 4]);
      const [y] = withHostKernels(() => scaled.run([x.transpose()], 3)!);
      expect(y!.sub(x.transpose().mul(3)).abs().max().item()).toBe(0);
      y!.transpose().mul(factors.transpose()).sum().backward();
      expect(x.grad!.sub(factors.transpose().mul(3)).abs().max().item()).toBeLessThan(1e-6);
    });
  });

  it('writes an input in place, and refuses to write into a copy of one', () => {
    const doubled = new FusedOperator('doubled', SOURCE, ([x]) => ({
      ...plan([x!], 2),
      outputs: {},
      written: ['x'],
      forward: [{ kernel: 'scale', grid: [1], threads: 64, args: ['x', 'x', { int: 12 }, { float: 2 }] }],
      backward: [],
    }));
    scope(() => {
      const x = randn([3, 4]);
      const before = x.clone();
      const apart = randn([14]);
      withHostKernels(() => {
        expect(doubled.run([x])).toEqual([]);
        expect(x.sub(before.mul(2)).abs().max().item()).toBe(0);
        const error =
          /doubled: input 0 is written in place, so it must be contiguous and aligned to 16 bytes/;
        expect(() => doubled.run([randn([4, 3]).transpose()])).toThrow(error);
        expect(() => doubled.run([apart.narrow(0, 1, 12).view([3, 4])])).toThrow(error);
      });
    });
  });

  it('has no history without gradients', () => {
    scope(() => {
      const x = randn([4]).requiresGrad_();
      withHostKernels(() => {
        expect(noGrad(() => scaled.run([x], 2)![0]!.requiresGrad)).toBe(false);
        expect(scaled.run([x.detach()], 2)![0]!.requiresGrad).toBe(false);
        expect(scaled.run([x], 2)![0]!.requiresGrad).toBe(true);
      });
    });
  });

  it('refuses a second pass, and a saved input that was written to', () => {
    const squares = new FusedOperator('squares', SOURCE, ([x]) => ({
      ...plan([x!], 1),
      backward: [{ kernel: 'scale', grid: [1], threads: 64, args: ['x', 'd_x', { int: 4 }, { float: 2 }] }],
    }));
    scope(() => {
      const x = randn([4]).requiresGrad_();
      withHostKernels(() => {
        const y = squares.run([x], 1 as never)![0]!;
        y.sum().backward();
        expect(() => y.sum().backward()).toThrow(/second time/);
        const z = squares.run([x], 1 as never)![0]!;
        noGrad(() => x.mul_(2));
        expect(() => z.sum().backward()).toThrow(/modified by an inplace operation/);
      });
    });
  });

  it('sums over the threads of a block', () => {
    const shared = new FusedOperator('shared', SOURCE, ([x]) => ({
      ...plan([x!], 1),
      forward: [{ kernel: 'share', grid: [1], threads: 64, args: ['x', 'y'] }],
    }));
    scope(() => {
      const x = randn([64]);
      const [y] = withHostKernels(() => shared.run([x])!);
      expect(y!.sub(x.mul(x.sum())).abs().max().item()).toBeLessThan(1e-4);
    });
  });

  it('rounds to bfloat16 as torch does', () => {
    scope(() => {
      const x = randn([512]).to('bfloat16');
      const [y] = withHostKernels(() => scaled.run([x], 1 / 3)!);
      const expected = x
        .to('float32')
        .mul(Math.fround(1 / 3))
        .to('bfloat16');
      expect(y!.toArray()).toEqual(expected.toArray());
    });
  });

  it('says once that a kernel does not compile, and leaves the operator to its composed form', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const broken = new FusedOperator<number>('broken', 'not C', plan);
    scope(() => {
      withHostKernels(() => {
        expect(broken.run([randn([4])], 2)).toBeNull();
        expect(broken.run([randn([4])], 2)).toBeNull();
      });
    });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
