/**
 * @file A step of AdamW as one kernel: gradients scaled down to a norm, moments, values, and their rounding for a model that
 * computes in bfloat16. Each number is read and written once, and the norm is read on the device, so that the host need not
 * wait for it between the gradients and the step. Where the norm is not finite nothing is written.
 *
 * The formulas are those of adamw.ts, where the same is composed of operators.
 */
import { FusedOperator, full, indices, type Plan, type Spec, scope, type Tensor } from '../../torch/index.ts';
import type { Rounding } from './rounding.ts';

const SOURCE = `
#define VECTOR 4

// Stretches of the values: where one begins, how much further on its rounded values are, and what is true of it.
struct Stretch { long long from, shift, flags; };
#define DECAYS 1
#define ROUNDED 2

__device__ inline int stretchOf(const Stretch* stretches, long long place) {
  int low = 0, high = STRETCHES - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (stretches[middle].from <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

// rate: of the step, its bias corrected; root: that of the second moment's correction; left: by the decay of a value.
extern "C" __global__ void adamw(float* values, const float* gradients, float* first, float* second,
                                 unsigned short* rounded, const Stretch* stretches, const float* norm,
                                 const float* rate, const float* root, const float* left, float most, float beta1,
                                 float beta2, float epsilon) {
  const long long from = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * VECTOR;
  const float length = norm[0];
  if (from >= COUNT || length - length != 0) return;
  const float scale = length > most ? most / (length + 1e-6f) : 1;
  const int count = COUNT - from < VECTOR ? (int)(COUNT - from) : VECTOR;
  float value[VECTOR], gradient[VECTOR], mean[VECTOR], square[VECTOR];
  if (count == VECTOR) {
    load<VECTOR>(values + from, value);
    load<VECTOR>(gradients + from, gradient);
    load<VECTOR>(first + from, mean);
    load<VECTOR>(second + from, square);
  } else {
    for (int i = 0; i < count; ++i) {
      value[i] = values[from + i];
      gradient[i] = gradients[from + i];
      mean[i] = first[from + i];
      square[i] = second[from + i];
    }
  }
  const int begin = stretchOf(stretches, from);
  int own = begin;
  for (int i = 0; i < count; ++i) {
    while (own + 1 < STRETCHES && stretches[own + 1].from <= from + i) ++own;
    const float g = gradient[i] * scale;
    mean[i] += (1 - beta1) * (g - mean[i]);
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    if (stretches[own].flags & DECAYS) value[i] *= left[0];
    value[i] -= rate[0] * mean[i] / (sqrtf(square[i]) / root[0] + epsilon);
    if (own != begin && (stretches[own].flags & ROUNDED)) narrow(value[i], rounded[from + i + stretches[own].shift]);
  }
  if (count == VECTOR) {
    store<VECTOR>(value, values + from);
    store<VECTOR>(mean, first + from);
    store<VECTOR>(square, second + from);
  } else {
    for (int i = 0; i < count; ++i) {
      values[from + i] = value[i];
      first[from + i] = mean[i];
      second[from + i] = square[i];
    }
  }
  if (!(stretches[begin].flags & ROUNDED)) return;
  // What lies in the stretch that the first value is in.
  const long long to = from + stretches[begin].shift;
  const long long end = begin + 1 < STRETCHES ? stretches[begin + 1].from : COUNT;
  if (end - from >= VECTOR && to % VECTOR == 0) store<VECTOR>(value, rounded + to);
  else
    for (int i = 0; i < count && from + i < end; ++i) narrow(value[i], rounded[to + i]);
}
`;

const THREADS = 256;
const VECTOR = 4;

/** @param inputs - values, gradients, moments, stretches, norm, three numbers of the step, and the rounded values */
function plan(
  [values, gradients, first, second, stretches, norm, rate, root, left, rounded]: readonly Spec[],
  ...[most, beta1, beta2, epsilon]: readonly number[]
): Plan | null {
  const [count] = values!.shape as [number];
  if (count === 0 || (rounded !== undefined && rounded.dtype !== 'bfloat16')) return null;
  const vectors = { values: values!, gradients: gradients!, first: first!, second: second! };
  const numbers = { norm: norm!, rate: rate!, root: root!, left: left! };
  const settings = [most!, beta1!, beta2!, epsilon!].map((float) => ({ float }));
  return {
    defines: { COUNT: count, STRETCHES: stretches!.shape[0]! },
    inputs: { ...vectors, stretches: stretches!, ...numbers, ...(rounded !== undefined && { rounded }) },
    outputs: {},
    forward: [
      {
        kernel: 'adamw',
        grid: [Math.ceil(count / (THREADS * VECTOR))],
        threads: THREADS,
        args: [
          ...Object.keys(vectors),
          rounded === undefined ? null : 'rounded',
          'stretches',
          ...Object.keys(numbers),
          ...settings,
        ],
      },
    ],
    backward: [],
  };
}

/** Writes values, moments and rounded values in place. */
const adamw = new FusedOperator<number>('adamw', SOURCE, plan);

/** Numbers of a stretch in the table that the kernel reads. */
const FIELDS = 3;
const DECAYS = 1;
const ROUNDED = 2;

/**
 * The stretches of a vector of values, int64 [stretches, 3].
 * @param decayed - ranges that decay, ascending
 */
export function stretchTable(
  values: Tensor,
  decayed: readonly (readonly [start: number, length: number])[],
  rounding: Rounding | null,
): Tensor {
  const rounded = rounding?.stretches ?? [];
  const bounds = [
    0,
    ...decayed.flatMap(([start, length]) => [start, start + length]),
    ...rounded.flatMap(({ from, count }) => [from, from + count]),
  ];
  const starts = [...new Set(bounds)].filter((start) => start < values.numel).sort((a, b) => a - b);
  const rows = starts.flatMap((start) => {
    const place = rounded.findLast(({ from, count }) => from <= start && start < from + count);
    const decays = decayed.some(([from, length]) => from <= start && start < from + length);
    const flags = (decays ? DECAYS : 0) + (place === undefined ? 0 : ROUNDED);
    return [start, place === undefined ? 0 : place.to - place.from, flags];
  });
  return indices(rows, [starts.length, FIELDS], values.device);
}

/** What a step changes. */
export interface StepTensors {
  /** [N] each, float32. */
  readonly values: Tensor;
  readonly gradients: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** See stretchTable. */
  readonly stretches: Tensor;
  readonly rounding: Rounding | null;
}

/** Numbers of a step. */
export interface StepNumbers {
  readonly rate: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The norm that gradients are scaled down to. */
  readonly most: number;
  /** Steps taken with this one. */
  readonly steps: number;
}

/** Takes a step in place, unless `norm` is not finite; false where kernels do not run. @param norm - of the gradients, [] */
export function adamwKernel(tensors: StepTensors, norm: Tensor, numbers: StepNumbers): boolean {
  const { values, gradients, firstMoment, secondMoment, stretches, rounding } = tensors;
  const { rate, betas, epsilon, weightDecay, most, steps } = numbers;
  return scope(() => {
    const number = (value: number): Tensor => full([], value, { device: values.device, dtype: 'float32' });
    const inputs = [
      ...[values, gradients, firstMoment, secondMoment, stretches, norm],
      number(rate / (1 - betas[0] ** steps)),
      number(Math.sqrt(1 - betas[1] ** steps)),
      number(1 - rate * weightDecay),
      ...(rounding === null ? [] : [rounding.vector]),
    ];
    return adamw.run(inputs, most, ...betas, epsilon) !== null;
  });
}
