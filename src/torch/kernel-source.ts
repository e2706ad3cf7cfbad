/**
 * @file PRELUDE, the beginning of every kernel's source: the element type, rows of elements, and sums over threads.
 *
 * Kernels include no header, so that nothing has to be installed. `T` is the element type of the tensors; kernels compute
 * in float. A value is rounded to T to the nearest, ties to even, as torch rounds.
 */

/** Put before the source of a kernel, after `#define BF16` where T is bfloat16. */
export const PRELUDE = `
#ifdef BF16
typedef unsigned short T;
#else
typedef float T;
#endif

__device__ inline float wide(float value) { return value; }
__device__ inline float wide(unsigned short value) { return __uint_as_float((unsigned)value << 16); }

__device__ inline void narrow(float value, float& out) { out = value; }
__device__ inline void narrow(float value, unsigned short& out) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out) : "f"(value));
#else
  const unsigned bits = __float_as_uint(value);
  out = value != value ? 0x7fc0 : (unsigned short)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
#endif
}

// N elements that are read and written at once, 16 bytes at a time where they are as many.
template <class E, int N>
struct alignas(sizeof(E) * N < 16 ? sizeof(E) * N : 16) Pack {
  E at[N];
};

template <int N, class E>
__device__ inline void load(const E* from, float* to) {
  const Pack<E, N> pack = *(const Pack<E, N>*)from;
#pragma unroll
  for (int i = 0; i < N; ++i) to[i] = wide(pack.at[i]);
}

template <int N, class E>
__device__ inline void store(const float* from, E* to) {
  Pack<E, N> pack;
#pragma unroll
  for (int i = 0; i < N; ++i) narrow(from[i], pack.at[i]);
  *(Pack<E, N>*)to = pack;
}

// Sum over groups of N neighbouring threads of a warp, a power of 2.
template <int N>
__device__ inline float sumOfLanes(float value) {
#pragma unroll
  for (int apart = N / 2; apart > 0; apart /= 2) value += __shfl_xor_sync(0xffffffffu, value, apart);
  return value;
}

// out[column] = Σ partial[row][column]: what blocks have summed of a gradient, see sumRows in kernel.ts.
extern "C" __global__ void sum_rows(const float* partial, T* out, int rows, int columns) {
  __shared__ float sums[8][32];
  const int lane = threadIdx.x % 32, group = threadIdx.x / 32;
  const int column = blockIdx.x * 32 + lane;
  float sum = 0;
  if (column < columns) {
    for (int row = group; row < rows; row += 8) sum += partial[(long long)row * columns + column];
  }
  sums[group][lane] = sum;
  __syncthreads();
  if (group > 0 || column >= columns) return;
  for (int other = 1; other < 8; ++other) sum += sums[other][lane];
  narrow(sum, out[column]);
}
`;
