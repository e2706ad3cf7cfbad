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

// What a step knows: how far gradients are scaled down, its rate and root with the moments' corrections, what the decay leaves.
struct Step { float scale, rate, root, left, beta1, beta2, epsilon; };

__device__ inline void change(const Step& step, bool decays, float gradient, float& value, float& mean, float& square) {
  const float g = gradient * step.scale;
  mean += (1 - step.beta1) * (g - mean);
  square = step.beta2 * square + (1 - step.beta2) * g * g;
  if (decays) value *= step.left;
  value -= __fdividef(step.rate * mean, sqrtf(square) * step.root + step.epsilon);
}

extern "C" __global__ void __launch_bounds__(THREADS)
adamw(float* values, const float* gradients, float* first, float* second, unsigned short* rounded,
      const Stretch* stretches, const float* norm, const float* rate, const float* root, const float* left, float most,
      float beta1, float beta2, float epsilon) {
  __shared__ int begin;
  const float length = norm[0];
  if (length - length != 0) return;
  const long long base = (long long)blockIdx.x * THREADS * VECTOR, from = base + threadIdx.x * VECTOR;
  float value[VECTOR], gradient[VECTOR], mean[VECTOR], square[VECTOR];
  const int count = COUNT - from < VECTOR ? (int)(COUNT - from) : VECTOR;
  if (count == VECTOR) {
    load<VECTOR>(values + from, value);
    load<VECTOR>(gradients + from, gradient);
    load<VECTOR>(first + from, mean);
    load<VECTOR>(second + from, square);
  }
  if (threadIdx.x == 0) begin = stretchOf(stretches, base);
  __syncthreads();
  int own = begin;
  while (own + 1 < STRETCHES && stretches[own + 1].from <= from) ++own;
  const float scale = length > most ? most / (length + 1e-6f) : 1;
  const Step step = {scale, rate[0], root[0], left[0], beta1, beta2, epsilon};
  const long long end = own + 1 < STRETCHES ? stretches[own + 1].from : COUNT;
  Stretch stretch = stretches[own];
  if (count == VECTOR && end - from >= VECTOR) {
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) change(step, stretch.flags & DECAYS, gradient[i], value[i], mean[i], square[i]);
    store<VECTOR>(value, values + from);
    store<VECTOR>(mean, first + from);
    store<VECTOR>(square, second + from);
    const long long to = from + stretch.shift;
    if (!(stretch.flags & ROUNDED)) return;
    if (to % VECTOR == 0) store<VECTOR>(value, rounded + to);
    else
      for (int i = 0; i < VECTOR; ++i) narrow(value[i], rounded[to + i]);
    return;
  }
  // At the end of a stretch, or of all.
  for (long long place = from; place < from + count; ++place) {
    while (own + 1 < STRETCHES && stretches[own + 1].from <= place) stretch = stretches[++own];
    change(step, stretch.flags & DECAYS, gradients[place], values[place], first[place], second[place]);
    if (stretch.flags & ROUNDED) narrow(values[place], rounded[place + stretch.shift]);
  }
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
    defines: { COUNT: count, STRETCHES: stretches!.shape[0]!, VECTOR, THREADS },
    inputs: { ...vectors, stretches: stretches!, ...numbers, ...(rounded !== undefined && { rounded }) },
    outputs: {},
    written: ['values', 'first', 'second', ...(rounded === undefined ? [] : ['rounded'])],
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
      values,
      gradients,
      firstMoment,
      secondMoment,
      stretches,
      norm,
      number(rate / (1 - betas[0] ** steps)),
      number(1 / Math.sqrt(1 - betas[1] ** steps)),
      number(1 - rate * weightDecay),
      ...(rounding === null ? [] : [rounding.vector]),
    ];
    return adamw.run(inputs, most, ...betas, epsilon) !== null;
  });
}
