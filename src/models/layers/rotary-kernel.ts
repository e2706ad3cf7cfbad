/**
 * @file Fused preparation of queries, keys and values for attention: bias, norm of each query and key head, and rotation in
 * one kernel, forward and backward.
 *
 * A block of threads reads tokens of one head, a group of HEAD / 8 threads each. The rotation of x is n cos + n' sin, where n
 * is x or its norm, n' the same with its halves swapped, and sin has the sign of the half it is for; the backward pass is
 * dn = dy cos + (dy sin)'. The norm's gradient is that of rms-norm-kernel.ts, and its statistics are computed again. Bias and
 * weights have gradients summed over tokens: each block sums its own, a second kernel sums the blocks. The composed form is
 * in attention.ts.
 */
import {
  FusedOperator,
  type LaunchArgument,
  type Plan,
  type Spec,
  sumRows,
  type Tensor,
} from '../../torch/index.ts';
import type { NormOffset } from './rms-norm-kernel.ts';
import type { Rotation } from './rotary.ts';

const SOURCE = `
#define LANES (HEAD / 8)
#define GROUPS (THREADS / LANES)

// The part of queries (0), keys (1) and values (2) that a head is of, and which of the part's heads it is.
struct Place {
  int part, head, heads, stride;
};

__device__ inline Place placeOf(int heads, int kv_heads, int q_stride, int kv_stride) {
  const int head = blockIdx.y;
  if (head < heads) return {0, head, heads, q_stride};
  if (head < heads + kv_heads) return {1, head - heads, kv_heads, kv_stride};
  return {2, head - heads - kv_heads, kv_heads, kv_stride};
}

template <class P>
__device__ inline P choose(int part, P first, P second, P third) {
  return part == 0 ? first : part == 1 ? second : third;
}

// 8 columns of a head with their bias.
__device__ inline void read(const T* x, const T* bias, int column, float* to) {
  load<8>(x + column, to);
  if (!bias) return;
  float more[8];
  load<8>(bias + column, more);
#pragma unroll
  for (int i = 0; i < 8; ++i) to[i] += more[i];
}

__device__ inline float factorOf(const float* values, float eps) {
  float squares = 0;
#pragma unroll
  for (int i = 0; i < 8; ++i) squares += values[i] * values[i];
  return rsqrtf(sumOfLanes<LANES>(squares) / HEAD + eps);
}

__device__ inline void multiply(float* values, const T* by, float factor) {
  float more[8];
  load<8>(by, more);
#pragma unroll
  for (int i = 0; i < 8; ++i) values[i] *= (more[i] + OFFSET) * factor;
}

extern "C" __global__ void rotary(const T* q, const T* k, const T* v, const T* bias, const T* cos, const T* sin,
                                  const T* q_weight, const T* k_weight, T* q_out, T* k_out, T* v_out, int tokens,
                                  int table, int heads, int kv_heads, int q_stride, int kv_stride, float eps) {
  const Place place = placeOf(heads, kv_heads, q_stride, kv_stride);
  const T* from = choose(place.part, q, k, v) + place.head * HEAD;
  T* to = choose(place.part, q_out, k_out, v_out) + place.head * HEAD;
  const T* weight = choose(place.part, q_weight, k_weight, k_weight);
  const T* own = bias ? bias + blockIdx.y * HEAD : bias;
  const int column = threadIdx.x % LANES * 8, other = (column + HEAD / 2) % HEAD;
  for (int first = blockIdx.x * GROUPS; first < tokens; first += gridDim.x * GROUPS) {
    const int asked = first + threadIdx.x / LANES;
    const int token = asked < tokens ? asked : tokens - 1;
    const T* x = from + (long long)token * place.stride;
    float values[8];
    read(x, own, column, values);
    if (place.part < 2) {
      float swapped[8], cosines[8], sines[8];
      read(x, own, other, swapped);
#if NORM
      const float factor = factorOf(values, eps);
      multiply(values, weight + column, factor);
      multiply(swapped, weight + other, factor);
#endif
      load<8>(cos + (long long)(token % table) * HEAD + column, cosines);
      load<8>(sin + (long long)(token % table) * HEAD + column, sines);
#pragma unroll
      for (int i = 0; i < 8; ++i) values[i] = values[i] * cosines[i] + swapped[i] * sines[i];
    }
    if (asked < tokens) store<8>(values, to + (long long)token * place.heads * HEAD + column);
  }
}

// Sums 8 columns over the groups of a block, into a row of HEAD.
__device__ inline void sumOfGroups(const float* values, float* out) {
  __shared__ float sums[GROUPS * HEAD];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 8; ++i) sums[threadIdx.x * 8 + i] = values[i];
  __syncthreads();
  for (int column = threadIdx.x; column < HEAD; column += THREADS) {
    float sum = 0;
    for (int group = 0; group < GROUPS; ++group) sum += sums[group * HEAD + column];
    out[column] = sum;
  }
}

extern "C" __global__ void rotary_backward(const T* q_out, const T* k_out, const T* v_out, const T* q, const T* k,
                                           const T* bias, const T* cos, const T* sin, const T* q_weight,
                                           const T* k_weight, T* d_q, T* d_k, T* d_v, float* d_bias,
                                           float* d_q_weight, float* d_k_weight, int tokens, int table, int heads,
                                           int kv_heads, int q_stride, int kv_stride, float eps) {
  const Place place = placeOf(heads, kv_heads, q_stride, kv_stride);
  const T* from = choose(place.part, q_out, k_out, v_out);
  T* to = choose(place.part, d_q, d_k, d_v);
  const T* inputs = choose(place.part, q, k, k);
  const T* weight = choose(place.part, q_weight, k_weight, k_weight);
  float* d_weight = choose(place.part, d_q_weight, d_k_weight, (float*)0);
  const T* own = bias ? bias + blockIdx.y * HEAD : bias;
  const int column = threadIdx.x % LANES * 8, other = (column + HEAD / 2) % HEAD;
  float sums[8] = {}, gains[8] = {};
  for (int first = blockIdx.x * GROUPS; first < tokens; first += gridDim.x * GROUPS) {
    const int asked = first + threadIdx.x / LANES;
    const int token = asked < tokens ? asked : tokens - 1;
    float values[8] = {};
    if (from) {
      const T* d_y = from + ((long long)token * place.heads + place.head) * HEAD;
      load<8>(d_y + column, values);
      if (place.part < 2) {
        float swapped[8], cosines[8], sines[8];
        load<8>(d_y + other, swapped);
        load<8>(cos + (long long)(token % table) * HEAD + column, cosines);
        load<8>(sin + (long long)(token % table) * HEAD + other, sines);
#pragma unroll
        for (int i = 0; i < 8; ++i) values[i] = values[i] * cosines[i] + swapped[i] * sines[i];
      }
    }
#if NORM
    if (place.part < 2) {
      float normal[8], weights[8];
      read(inputs + (long long)token * place.stride + place.head * HEAD, own, column, normal);
      load<8>(weight + column, weights);
      const float factor = factorOf(normal, eps);
      float product = 0;
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        normal[i] *= factor;
        if (asked < tokens) gains[i] += values[i] * normal[i];
        values[i] *= weights[i] + OFFSET;
        product += values[i] * normal[i];
      }
      const float mean = sumOfLanes<LANES>(product) / HEAD;
#pragma unroll
      for (int i = 0; i < 8; ++i) values[i] = factor * (values[i] - normal[i] * mean);
    }
#endif
    if (asked >= tokens) continue;
#pragma unroll
    for (int i = 0; i < 8; ++i) sums[i] += values[i];
    if (to) store<8>(values, to + (long long)token * place.stride + place.head * HEAD + column);
  }
  if (d_bias) sumOfGroups(sums, d_bias + ((long long)blockIdx.x * gridDim.y + blockIdx.y) * HEAD);
#if NORM
  if (d_weight) sumOfGroups(gains, d_weight + ((long long)blockIdx.x * place.heads + place.head) * HEAD);
#endif
}
`;

const THREADS = 256;
/** Blocks that go on to further tokens: some for each of a large GPU's multiprocessors. */
const BLOCKS = 1056;

/** Heads of a layer, and which of bias and norms it has. */
interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Sizes that groups of threads share out. */
const SIZES = [16, 32, 64, 128, 256];

type Kind = 'merged' | 'apart';

/**
 * @param inputs - queries and keys [B, T, heads · d], or them and the values side by side; cos; sin; bias and weights of the
 * norms where there are any
 */
function plan(
  inputs: readonly Spec[],
  ...[kind, heads, kvHeads, headDim, eps, biased, offset]: readonly (number | Kind)[]
): Plan | null {
  return planFor(
    inputs,
    kind === 'merged',
    { heads, kvHeads, headDim } as Heads,
    { eps: eps as number, offset: offset as number },
    biased === 1,
  );
}

function planFor(
  inputs: readonly Spec[],
  merged: boolean,
  { heads, kvHeads, headDim }: Heads,
  { eps, offset }: { readonly eps: number; readonly offset: number },
  biased: boolean,
): Plan | null {
  const [first] = inputs as [Spec];
  const { dtype } = first;
  const [B, T] = first.shape as [number, number];
  const names = [
    ...(merged ? ['qkv'] : ['q', 'k']),
    'cos',
    'sin',
    ...(biased ? ['bias'] : []),
    ...(eps < 0 ? [] : ['q_weight', 'k_weight']),
  ];
  const normed = eps >= 0;
  const tokens = B * T;
  if (!SIZES.includes(headDim) || tokens === 0 || inputs.some((input) => input.dtype !== dtype)) return null;
  const cos = inputs[merged ? 1 : 2]!;
  const table = cos.shape.reduce((product, size) => product * size, 1) / headDim;
  const all = heads + (merged ? 2 : 1) * kvHeads;
  const groups = THREADS / (headDim / 8);
  const most = Math.ceil(tokens / groups);
  const blocks = Math.min(most, Math.ceil(BLOCKS / all));
  /** Queries, keys and values in one tensor or their own. */
  const parts = (prefix: string): LaunchArgument[] => {
    if (!merged) return [`${prefix}q`, `${prefix}k`, null];
    const at = (from: number) => ({ of: `${prefix}qkv`, from: from * headDim });
    return [at(0), at(heads), at(heads + kvHeads)];
  };
  const [q, k, v] = parts('');
  const shared: LaunchArgument[] = [
    biased ? 'bias' : null,
    'cos',
    'sin',
    normed ? 'q_weight' : null,
    normed ? 'k_weight' : null,
  ];
  const counts: LaunchArgument[] = [
    { int: tokens },
    { int: table },
    { int: heads },
    { int: kvHeads },
    { int: merged ? all * headDim : heads * headDim },
    { int: merged ? all * headDim : kvHeads * headDim },
    { float: eps },
  ];
  const out = (count: number): Spec => ({ shape: [B, T, count, headDim], dtype });
  const rows = (count: number, columns: number, only: string) => ({
    shape: [count, columns],
    dtype: 'float32' as const,
    only,
  });
  return {
    defines: { HEAD: headDim, THREADS, NORM: normed ? 1 : 0, OFFSET: offset },
    inputs: Object.fromEntries(names.map((name, i) => [name, inputs[i]!])),
    outputs: { q_out: out(heads), k_out: out(kvHeads), ...(merged && { v_out: out(kvHeads) }) },
    scratch: {
      ...(biased && { bias_sums: rows(blocks, all * headDim, 'bias') }),
      ...(normed && {
        q_sums: rows(blocks * heads, headDim, 'q_weight'),
        k_sums: rows(blocks * kvHeads, headDim, 'k_weight'),
      }),
    },
    forward: [
      {
        kernel: 'rotary',
        grid: [most, all],
        threads: THREADS,
        args: [q!, k!, v!, ...shared, 'q_out', 'k_out', merged ? 'v_out' : null, ...counts],
      },
    ],
    backward: [
      {
        kernel: 'rotary_backward',
        grid: [blocks, all],
        threads: THREADS,
        args: [
          'd_q_out',
          'd_k_out',
          merged ? 'd_v_out' : null,
          // Read by the norm alone, which the bias comes before.
          normed ? q! : null,
          normed ? k! : null,
          normed && biased ? 'bias' : null,
          ...shared.slice(1),
          ...parts('d_'),
          biased ? 'bias_sums' : null,
          normed ? 'q_sums' : null,
          normed ? 'k_sums' : null,
          ...counts,
        ],
      },
      ...(biased ? [sumRows('bias_sums', 'd_bias', blocks, all * headDim)] : []),
      ...(normed
        ? [
            sumRows('q_sums', 'd_q_weight', blocks * heads, headDim),
            sumRows('k_sums', 'd_k_weight', blocks * kvHeads, headDim),
          ]
        : []),
    ],
  };
}

const rotary = new FusedOperator<number | Kind>('rotary', SOURCE, plan);

/** Weights of the norms of query and key heads. */
export interface HeadNorms {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly eps: number;
  /** Added to the weights. */
  readonly offset: NormOffset;
}

/**
 * Turned queries and keys; null where kernels do not run.
 * @param q - [B, T, H · d]
 * @param k - [B, T, Hkv · d]
 * @returns [B, T, H, d] and [B, T, Hkv, d]
 */
export function rotaryKernel(
  [q, k]: readonly [q: Tensor, k: Tensor],
  { cos, sin }: Rotation,
  { heads, kvHeads, headDim }: Heads,
  norms: HeadNorms | null,
): readonly [q: Tensor, k: Tensor] | null {
  const weights = norms === null ? [] : [norms.query, norms.key];
  const inputs = [q, k, cos, sin, ...weights];
  return rotary.run(inputs, 'apart', heads, kvHeads, headDim, norms?.eps ?? -1, 0, norms?.offset ?? 0) as
    | [Tensor, Tensor]
    | null;
}

/**
 * Queries, keys and values apart, with their bias, the first two turned; null where kernels do not run.
 * @param qkv - [B, T, (H + 2 Hkv) · d]
 * @param bias - [(H + 2 Hkv) · d], or null
 * @returns [B, T, H, d], [B, T, Hkv, d] twice
 */
export function mergedRotaryKernel(
  qkv: Tensor,
  bias: Tensor | null,
  { cos, sin }: Rotation,
  { heads, kvHeads, headDim }: Heads,
  norms: HeadNorms | null,
): readonly [q: Tensor, k: Tensor, v: Tensor] | null {
  const weights = norms === null ? [] : [norms.query, norms.key];
  const inputs = [qkv, cos, sin, ...(bias === null ? [] : [bias]), ...weights];
  const key = [
    'merged',
    heads,
    kvHeads,
    headDim,
    norms?.eps ?? -1,
    bias === null ? 0 : 1,
    norms?.offset ?? 0,
  ] as const;
  return rotary.run(inputs, ...key) as [Tensor, Tensor, Tensor] | null;
}
