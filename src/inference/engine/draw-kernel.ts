/**
 * @file The draw of tokens as two kernels, which read the logits once: tokens and their log-probabilities, at the temperature of
 * each row. draw.ts composes the same of operators.
 *
 * The first kernel sums each chunk of a row: its largest logit and where that is, and Σ exp(z − largest). In the second a
 * block of threads has a row. It finds the chunk in which the summed probabilities pass the row's uniform number, and in
 * this chunk the token.
 */
import { FusedOperator, itemSize, type Plan, type Spec, type Tensor } from '../../torch/index.ts';
import type { DrawnTokens } from './draw.ts';

const SOURCE = `
#define CHUNK (THREADS * VECTOR)
#define CHUNKS ((COLUMNS + CHUNK - 1) / CHUNK)
#define WARPS (THREADS / 32)
// A logit that exp makes 0 of, whatever the others are.
#define NOTHING -1e30f

struct Top { float value; int place; };

// Of equal logits the first is on top.
__device__ inline Top higher(Top one, Top other) {
  if (other.value > one.value || (other.value == one.value && other.place < one.place)) return other;
  return one;
}

// z / temperature of the thread's columns of a chunk; nothing beyond the row.
__device__ inline void read(const T* row, int chunk, float cold, float* z) {
  const int column = chunk * CHUNK + threadIdx.x * VECTOR;
  for (int i = 0; i < VECTOR; ++i) z[i] = NOTHING;
  if (column < COLUMNS) load<VECTOR>(row + column, z);
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) z[i] = column < COLUMNS ? z[i] * cold : NOTHING;
}

extern "C" __global__ void __launch_bounds__(THREADS)
sum_chunks(const T* logits, const float* temperatures, float* tops, int* places, float* sums) {
  __shared__ Top of_warps[WARPS];
  __shared__ float parts[WARPS];
  const int chunk = blockIdx.x, row = blockIdx.y;
  float z[VECTOR];
  read(logits + (long long)row * COLUMNS, chunk, 1 / temperatures[row], z);
  const int column = chunk * CHUNK + threadIdx.x * VECTOR;
  Top top = {NOTHING, column < COLUMNS ? column : 0};
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) {
    const Top own = {z[i], column + i};
    if (own.value > top.value) top = own;
  }
#pragma unroll
  for (int apart = 16; apart > 0; apart /= 2) {
    const Top other = {__shfl_xor_sync(0xffffffffu, top.value, apart), __shfl_xor_sync(0xffffffffu, top.place, apart)};
    top = higher(top, other);
  }
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = top;
  __syncthreads();
  for (int i = 0; i < WARPS; ++i) top = higher(top, of_warps[i]);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) sum += z[i] == NOTHING ? 0 : expf(z[i] - top.value);
  sum = sumOfLanes<32>(sum);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int i = 1; i < WARPS; ++i) sum += parts[i];
  const int place = row * CHUNKS + chunk;
  tops[place] = top.value;
  places[place] = top.place;
  sums[place] = sum;
}

// Where numbers, summed one after another, pass what is left of a mark; the last that is above 0 where they do not.
__device__ inline int passing(const float* numbers, int count, float& left) {
  int last = -1;
  for (int i = 0; i < count; ++i) {
    if (!(numbers[i] > 0)) continue;
    if (numbers[i] > left) return i;
    last = i;
    left -= numbers[i];
  }
  return last < 0 ? 0 : last;
}

extern "C" __global__ void __launch_bounds__(THREADS)
draw(const T* logits, const float* uniforms, const float* temperatures, const float* tops, const int* places,
     const float* sums, long long* tokens, float* logprobs) {
  __shared__ float weights[CHUNKS], of_threads[THREADS], of_warps[WARPS];
  __shared__ float left, total;
  __shared__ Top top;
  __shared__ int chunk;
  const int row = blockIdx.x, from = row * CHUNKS;
  const float cold = 1 / temperatures[row], uniform = uniforms[row];
  for (int i = threadIdx.x; i < CHUNKS; i += THREADS) weights[i] = tops[from + i];
  __syncthreads();
  if (threadIdx.x == 0) {
    int highest = 0;
    for (int i = 1; i < CHUNKS; ++i) highest = weights[i] > weights[highest] ? i : highest;
    top = {weights[highest], places[from + highest]};
  }
  __syncthreads();
  for (int i = threadIdx.x; i < CHUNKS; i += THREADS) weights[i] = sums[from + i] * expf(weights[i] - top.value);
  __syncthreads();
  if (threadIdx.x == 0) {
    total = 0;
    for (int i = 0; i < CHUNKS; ++i) total += weights[i];
    left = uniform * total;
    chunk = passing(weights, CHUNKS, left);
  }
  __syncthreads();
  float z[VECTOR], sum = 0;
  read(logits + (long long)row * COLUMNS, chunk, cold, z);
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) sum += z[i] = z[i] == NOTHING ? 0 : expf(z[i] - top.value);
  of_threads[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    float of_warp = 0;
    for (int i = 0; i < 32; ++i) of_warp += of_threads[threadIdx.x + i];
    of_warps[threadIdx.x / 32] = of_warp;
  }
  __syncthreads();
  // Every thread walks to the same place; the one that is there knows its numbers.
  float rest = left;
  const int warp = passing(of_warps, WARPS, rest);
  const int thread = warp * 32 + passing(of_threads + warp * 32, 32, rest);
  const float wide_total = logf(total);
  if (uniform < 0 && threadIdx.x == 0) {
    tokens[row] = top.place;
    logprobs[row] = -wide_total;
  } else if (!(uniform < 0) && threadIdx.x == thread) {
    const int token = chunk * CHUNK + thread * VECTOR + passing(z, VECTOR, rest);
    tokens[row] = token;
    logprobs[row] = wide(logits[(long long)row * COLUMNS + token]) * cold - top.value - wide_total;
  }
}
`;

const THREADS = 256;
const LANE_BYTES = 16;

/** @param inputs - logits [B, V], uniform numbers and temperatures [B] */
function plan([logits, uniforms, temperatures]: readonly Spec[]): Plan | null {
  const { shape, dtype } = logits!;
  const [B, V] = shape as [number, number];
  if (B === 0 || B >= 2 ** 16) return null;
  let vector = 1;
  while (2 * vector * itemSize[dtype] <= LANE_BYTES && V % (2 * vector) === 0) vector *= 2;
  const chunks = Math.ceil(V / (THREADS * vector));
  if (chunks > MOST_CHUNKS) return null;
  const each = (type: Spec['dtype']): Spec => ({ shape: [B, chunks], dtype: type });
  const sums = ['tops', 'places', 'sums'];
  const args = ['logits', 'uniforms', 'temperatures', ...sums, 'tokens', 'logprobs'];
  return {
    defines: { COLUMNS: V, VECTOR: vector, THREADS },
    inputs: { logits: logits!, uniforms: uniforms!, temperatures: temperatures! },
    outputs: { tokens: { shape: [B], dtype: 'int64' }, logprobs: { shape: [B], dtype: 'float32' } },
    scratch: { tops: each('float32'), places: each('int32'), sums: each('float32') },
    forward: [
      {
        kernel: 'sum_chunks',
        grid: [chunks, B],
        threads: THREADS,
        args: ['logits', 'temperatures', ...sums],
      },
      { kernel: 'draw', grid: [B], threads: THREADS, args },
    ],
    backward: [],
  };
}

/** Their weights lie in shared memory. */
const MOST_CHUNKS = 8192;

const operator = new FusedOperator('draw', SOURCE, plan);

/**
 * Draws a token for each row, or takes the most probable one where its number is below 0; null where kernels do not run.
 * @param logits - [B, V]
 * @param uniforms - in [0, 1) or below 0, float32 [B]
 * @param temperatures - float32 [B]
 */
export function drawnByKernel(logits: Tensor, uniforms: Tensor, temperatures: Tensor): DrawnTokens | null {
  const found = operator.run([logits, uniforms, temperatures]);
  if (found === null) return null;
  const [tokens, logprobs] = found as [Tensor, Tensor];
  return { tokens, logprobs };
}
