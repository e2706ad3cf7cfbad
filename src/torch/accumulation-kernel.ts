/**
 * @file Accumulation of bfloat16 gradients in float32, by one kernel for each stretch of it.
 *
 * torch's own adds a bfloat16 gradient to a float32 one an element at a time, converting both: several times slower than
 * memory allows.
 */
import { itemSize } from './dtype.ts';
import { compileKernels, reportFailure, runsKernels } from './kernel.ts';
import { PRELUDE } from './kernel-source.ts';
import { native } from './native.ts';
import type { Tensor } from './tensor.ts';

const SOURCE = `
${PRELUDE}
extern "C" __global__ void accumulate(float* target, const T* gradient, int count) {
  const int from = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
  if (((unsigned long long)target | (unsigned long long)gradient) % 16 == 0 && from + 8 <= count) {
    float sums[8], more[8];
    load<8>(target + from, sums);
    load<8>(gradient + from, more);
#pragma unroll
    for (int i = 0; i < 8; ++i) sums[i] += more[i];
    store<8>(sums, target + from);
  } else {
    for (int i = from; i < from + 8 && i < count; ++i) target[i] += wide(gradient[i]);
  }
}
`;

const THREADS = 256;
const PER_BLOCK = 8 * THREADS;

/** The kernel by device and dtype; null where it does not compile. */
const kernels = new Map<string, unknown>();

function kernelFor({ device, dtype }: Tensor): unknown {
  const key = `${device} ${dtype}`;
  if (!kernels.has(key)) {
    try {
      kernels.set(key, compileKernels(device, dtype, SOURCE, ['accumulate']).get('accumulate'));
    } catch (error) {
      reportFailure('accumulate', error);
      kernels.set(key, null);
    }
  }
  return kernels.get(key);
}

/** Keeps its target alive until it is disposed of. */
export interface Accumulation {
  dispose(): void;
}

/** Elements of a leaf, and where they begin in what their gradients are added to. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Adds the gradients of a leaf to a float32 tensor, until what this returns is disposed of.
 * @param leaf - bfloat16; its `grad` stays as it is
 * @param target - contiguous
 * @param stretches - of both as they lie in memory: one after another from the beginning, unless given
 * @returns null where kernels do not run: torch accumulates then
 * @throws RangeError where a stretch leads out of the leaf or the target
 */
export function accumulateInto(
  leaf: Tensor,
  target: Tensor,
  stretches: readonly Stretch[] = [{ from: 0, to: 0, count: leaf.numel }],
): Accumulation | null {
  const { numel } = leaf;
  for (const { from, to, count } of stretches) {
    if (from < 0 || to < 0 || from + count > numel || to + count > target.numel)
      throw new RangeError(`${count} elements from ${from} to ${to}: of ${numel} to ${target.numel}`);
  }
  if (leaf.dtype !== 'bfloat16' || target.dtype !== 'float32' || numel === 0 || numel >= 2 ** 31 - PER_BLOCK)
    return null;
  const kernel = runsKernels(leaf.device, leaf.dtype) ? kernelFor(leaf) : null;
  if (kernel === null) return null;
  const launches = stretches.map(({ from, to, count }) => ({
    kernel,
    grid: [Math.ceil(count / PER_BLOCK)],
    threads: THREADS,
    args: [
      { value: 0, offset: to * itemSize.float32 },
      { value: 1, offset: from * itemSize.bfloat16 },
      { int: count },
    ],
  }));
  const accumulation = native.accumulateInto(leaf.handle, target.handle, launches);
  return { dispose: () => native.releaseAccumulation(accumulation) };
}
