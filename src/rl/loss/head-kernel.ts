/**
 * @file The head's kernels: logits → log-probability of the target, entropy and the most probable token; and the gradient
 * of the logits, in their place. The formulas are those of chunked-head.ts, where the same is composed of operators.
 *
 * One block of threads has a row. It reads the logits once, each thread with a softmax over what it has seen: the largest
 * logit m and its place, the sum s of exp(z − m) of all but that one, and w = Σ exp(z − m) (z − m). Then
 *
 *   log p_t = (z_t − m) − log(1 + s)        H = log(1 + s) − w / (1 + s)
 *
 * which are exact where the most probable token is nearly certain, since its own 1 is in no sum. In the backward pass the log of
 * the softmax's denominator follows from the target: log Σ exp z = z_t − log p_t.
 */
import {
  FusedOperator,
  itemSize,
  type Plan,
  runsKernels,
  type Spec,
  scope,
  type Tensor,
  zerosLike,
} from '../../torch/index.ts';
import type { Predicted, PredictedGradients } from './head.ts';

const FORWARD = `
// A logit that exp makes 0 of, whatever the others are.
#define NOTHING 1e30f

struct Seen { float top, sum, weighted; int place; };

// Of two parts of a row, of which place −1 is nothing yet; of equal logits the first is on top.
__device__ inline Seen both(const Seen& one, const Seen& other) {
  if (one.place < 0) return other;
  if (other.place < 0) return one;
  const bool first = one.top > other.top || (one.top == other.top && one.place < other.place) || one.top != one.top;
  const Seen& high = first ? one : other;
  const Seen& low = first ? other : one;
  const float apart = low.top == high.top ? 0 : low.top - high.top;
  const float factor = expf(apart);
  Seen all = high;
  all.sum += factor * (1 + low.sum);
  if (factor > 0) all.weighted += factor * (low.weighted + apart * (1 + low.sum));
  return all;
}

__device__ inline Seen ofWarp(Seen seen) {
#pragma unroll
  for (int apart = 16; apart > 0; apart /= 2) {
    const Seen other = {
      __shfl_xor_sync(0xffffffffu, seen.top, apart), __shfl_xor_sync(0xffffffffu, seen.sum, apart),
      __shfl_xor_sync(0xffffffffu, seen.weighted, apart), __shfl_xor_sync(0xffffffffu, seen.place, apart)};
    seen = both(seen, other);
  }
  return seen;
}

extern "C" __global__ void __launch_bounds__(THREADS)
head_forward(const T* logits, const long long* targets, float* logprobs, float* entropy, bool* correct, float scale) {
  const T* row = logits + (long long)blockIdx.x * COLUMNS;
  Seen seen = {-NOTHING, 0, 0, -1};
  for (int column = threadIdx.x * VECTOR; column < COLUMNS; column += THREADS * VECTOR) {
    float z[VECTOR];
    load<VECTOR>(row + column, z);
    float top = z[0] *= scale;
#pragma unroll
    for (int i = 1; i < VECTOR; ++i) top = fmaxf(top, z[i] *= scale);
    if (top > seen.top) {
      seen = both({top, 0, 0, column}, seen);
      bool found = false;
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) {
        if (found || z[i] != top) continue;
        found = true;
        seen.place = column + i;
        z[i] = -NOTHING;
      }
    }
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) {
      const float apart = fmaxf(z[i] - seen.top, -NOTHING);
      const float e = z[i] == z[i] ? expf(apart) : z[i];
      seen.sum += e;
      seen.weighted += e * apart;
    }
  }
  __shared__ Seen parts[THREADS / 32];
  seen = ofWarp(seen);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = seen;
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int i = 1; i < THREADS / 32; ++i) seen = both(seen, parts[i]);
  const int target = (int)targets[blockIdx.x];
  const float logSum = log1pf(seen.sum);
  logprobs[blockIdx.x] = wide(row[target]) * scale - seen.top - logSum;
  entropy[blockIdx.x] = logSum - seen.weighted / (1 + seen.sum);
  correct[blockIdx.x] = seen.place == target;
}

`;

const BACKWARD = `
// In place. of_logprobs and of_entropy are the gradients of the loss in log p_t and H.
extern "C" __global__ void __launch_bounds__(THREADS)
head_backward(T* logits, const long long* targets, const float* logprobs, const float* entropy, const float* of_logprobs,
              const float* of_entropy, float scale) {
  T* row = logits + (long long)blockIdx.x * COLUMNS;
  const int target = (int)targets[blockIdx.x];
  const float logTarget = logprobs[blockIdx.x], H = entropy[blockIdx.x];
  const float d = of_logprobs[blockIdx.x] * scale, e = of_entropy[blockIdx.x] * scale;
  const float logSum = wide(row[target]) * scale - logTarget;
  // Before any thread overwrites the target's logit.
  __syncthreads();
  for (int column = threadIdx.x * VECTOR; column < COLUMNS; column += THREADS * VECTOR) {
    float z[VECTOR];
    load<VECTOR>(row + column, z);
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) {
      const float logp = z[i] * scale - logSum;
      const float p = expf(logp);
      z[i] = p > 0 || p != p ? -p * (d + e * (logp + H)) : 0;
      if (column + i == target) z[i] = -d * expm1f(logTarget) - e * expf(logTarget) * (logTarget + H);
    }
    store<VECTOR>(z, row + column);
  }
}
`;

/** Threads of a block where rows are long, and where they are short. */
const THREADS = 512;
const FEW_THREADS = 128;
/** Logits of a row from which on it is long. */
const LONG = 8192;

function planOf(
  kernel: string,
  inputs: Plan['inputs'],
  outputs: Plan['outputs'],
  temperature: number,
): Plan | null {
  const { shape, dtype } = inputs.logits!;
  const [rows, columns] = shape as [number, number];
  if (rows === 0) return null;
  let vector = 1;
  while (2 * vector * itemSize[dtype] <= 16 && columns % (2 * vector) === 0) vector *= 2;
  const threads = columns < LONG ? FEW_THREADS : THREADS;
  const args = [...Object.keys(inputs), ...Object.keys(outputs), { float: 1 / temperature }];
  return {
    defines: { COLUMNS: columns, VECTOR: vector, THREADS: threads },
    inputs,
    outputs,
    forward: [{ kernel, grid: [rows], threads, args }],
    backward: [],
  };
}

const forward = new FusedOperator('head_forward', FORWARD, ([logits, targets], temperature: number) => {
  const each = (dtype: Spec['dtype']): Spec => ({ ...targets!, dtype });
  const outputs = { logprobs: each('float32'), entropy: each('float32'), correct: each('bool') };
  return planOf('head_forward', { logits: logits!, targets: targets! }, outputs, temperature);
});

/** Overwrites its first input. */
const backward = new FusedOperator('head_backward', BACKWARD, (specs, temperature: number) => {
  const [logits, targets, logprobs, entropy, ofLogprobs, ofEntropy] = specs as readonly [Spec, ...Spec[]];
  const known = { logits, targets: targets!, logprobs: logprobs!, entropy: entropy! };
  const inputs = { ...known, of_logprobs: ofLogprobs!, of_entropy: ofEntropy! };
  const planned = planOf('head_backward', inputs, {}, temperature);
  return planned && { ...planned, written: ['logits'] };
});

/** Whether logits of a dtype are read by a kernel, so that the head takes no more memory than they do. */
export const runsHeadKernel = runsKernels;

/**
 * What is known of n predictions; null where kernels do not run.
 * @param logits - [n, V], before the temperature
 * @param targets - int64 [n]
 */
export function headForward(
  logits: Tensor,
  targets: Tensor,
  temperature: number,
): (Predicted & { readonly correct: Tensor }) | null {
  const found = forward.run([logits, targets], temperature);
  if (found === null) return null;
  const [logprobs, entropy, correct] = found as [Tensor, Tensor, Tensor];
  return { logprobs, entropy, correct };
}

/**
 * Overwrites logits [n, V] with their gradient; false where kernels do not run.
 * @param predicted - what headForward gave
 */
export function headBackward(
  logits: Tensor,
  targets: Tensor,
  { logprobs, entropy }: Pick<Predicted, 'logprobs' | 'entropy'>,
  gradients: PredictedGradients,
  temperature: number,
): boolean {
  return scope(() => {
    const [ofLogprobs, ofEntropy] = [gradients.logprobs, gradients.entropy].map(
      (given) => given ?? zerosLike(logprobs),
    );
    return backward.run([logits, targets, logprobs, entropy, ofLogprobs!, ofEntropy!], temperature) !== null;
  });
}
