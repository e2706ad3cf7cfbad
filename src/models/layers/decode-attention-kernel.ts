/**
 * @file Attention of one new token a row over the blocks of a cache, read where they lie, as one kernel, which also writes the
 * new key and value there.
 *
 * A block of threads has one key head of a row, with all query heads of its group: up to 8 of them are the rows of tensor-core
 * products of 16 × 8 × 16 bfloat16 numbers. Each warp takes every fourth 16 keys with a softmax over what it has seen
 * (Milakov and Gimelshein, arXiv 1805.02867), and in the end the warps' are joined. Where there are too few blocks of threads
 * for the GPU the keys of a row are split among several, and a second kernel joins these (flash decoding).
 *
 * A product sums over its inner dimension in any order. So a thread takes 8 neighbouring columns of a key, and of a value, as
 * they are read, for what the tensor core calls columns 2t, 2t + 1, 2t + 8 and 2t + 9 of two products, and no number goes
 * through shared memory.
 */
import {
  type DType,
  FusedOperator,
  type Plan,
  runsKernels,
  type Spec,
  type Tensor,
} from '../../torch/index.ts';

const SOURCE = `
// Of m 16-key products: pieces of 32 columns of queries and keys, and of 64 columns of values.
#define PIECES (HEAD / 32)
#define PARTS (HEAD / 64)
#define KEYS 16
#define NOTHING -1e30f

typedef Pack<unsigned, 4> Eight;

// The upper 8 rows of a 16 × 8 × 16 product, of which the lower 8 are 0: d += a b.
__device__ inline void multiply(float* d, unsigned a0, unsigned a1, unsigned b0, unsigned b1) {
#ifdef __CUDA_ARCH__
  float rest0, rest1;
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %5}, {%7, %8}, {%0, %1, %9, %9};"
      : "+f"(d[0]), "+f"(d[1]), "=f"(rest0), "=f"(rest1)
      : "r"(a0), "r"(0), "r"(a1), "r"(b0), "r"(b1), "f"(0.0f));
#else
  host::multiply(d, a0, a1, b0, b1);
#endif
}

__device__ inline unsigned pair(float low, float high) {
  unsigned short first, second;
  narrow(low, first);
  narrow(high, second);
  return first | (unsigned)second << 16;
}

// Over the 4 threads of a query.
__device__ inline float mostOfFour(float value) {
  value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 1));
  return fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

// The vector of the first head in a pool where a key of a row lies.
__device__ inline long long placeOf(const long long* table, int row, int key, int blocks, int block_size, int kv_heads,
                                    int columns) {
  const int index = blocks > 1 ? key / block_size : 0;
  return table[(long long)row * blocks + index] * kv_heads * columns + (key - index * block_size);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4)
decode_attention(const T* q, const T* k, const T* v, T* keys, T* values, const long long* table, const long long* starts, T* y,
                 float* partial, int kv_heads, int columns, int blocks, int block_size, int splits, float scale) {
  __shared__ float sums[THREADS / 32][8][HEAD];
  __shared__ float tops[THREADS / 32][8], totals[THREADS / 32][8];
  const int row = blockIdx.x, head = blockIdx.y;
  const int warp = threadIdx.x / 32, t = threadIdx.x % 4, n = threadIdx.x % 32 / 4;
  const int used = (int)starts[row] + 1, tiles = (used + KEYS - 1) / KEYS;
  const int share = (tiles + splits - 1) / splits;
  const int first = blockIdx.z * share, end = first + share < tiles ? first + share : tiles;
  const long long group = ((long long)row * kv_heads + head) * GROUPS;

  if (first < tiles && end == tiles) {
    const int place = used - 1;
    const long long to = (placeOf(table, row, place, blocks, block_size, kv_heads, columns) + head * columns) * HEAD;
    const long long from = ((long long)row * kv_heads + head) * HEAD;
    const int column = threadIdx.x * 8;
    if (column < HEAD) *(Eight*)(keys + to + column) = *(const Eight*)(k + from + column);
    if (column < HEAD) *(Eight*)(values + to + column) = *(const Eight*)(v + from + column);
    __syncthreads();
  }

  // Query n of the group; rows without one are 0.
  Eight query[PIECES] = {};
  if (n < GROUPS) {
#pragma unroll
    for (int i = 0; i < PIECES; ++i) query[i] = *(const Eight*)(q + (group + n) * HEAD + i * 32 + t * 8);
  }
  float top = NOTHING, total = 0;
  float out[HEAD / 8][2] = {};

#pragma unroll 1
  for (int tile = first + warp; tile < end; tile += THREADS / 32) {
    const int base = tile * KEYS;
    // A tile lies in one block, since a block's size is a multiple of it.
    const long long from = (placeOf(table, row, base, blocks, block_size, kv_heads, columns) + head * columns) * HEAD;
    const int last = used - 1 - base;
    Eight key[2][PIECES], value[4][PARTS];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      // Keys that the row does not use are read as its last one, and hidden.
      const int own = n + 8 * i < last ? n + 8 * i : last;
#pragma unroll
      for (int j = 0; j < PIECES; ++j) key[i][j] = *(const Eight*)(keys + from + own * HEAD + j * 32 + t * 8);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int place = 2 * t + i % 2 + i / 2 * 8, own = place < last ? place : last;
#pragma unroll
      for (int j = 0; j < PARTS; ++j) value[i][j] = *(const Eight*)(values + from + own * HEAD + j * 64 + n * 8);
    }

    // Of query n: scores of keys 2t, 2t + 1, 2t + 8, 2t + 9.
    float score[4] = {};
#pragma unroll
    for (int i = 0; i < 2; ++i) {
#pragma unroll
      for (int j = 0; j < PIECES; ++j) {
        multiply(score + 2 * i, query[j].at[0], query[j].at[1], key[i][j].at[0], key[i][j].at[1]);
        multiply(score + 2 * i, query[j].at[2], query[j].at[3], key[i][j].at[2], key[i][j].at[3]);
      }
    }
    float most = top;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      score[i] = 2 * t + i % 2 + i / 2 * 8 > last ? NOTHING : score[i] * scale;
      most = fmaxf(most, score[i]);
    }
    most = mostOfFour(most);
    const float factor = exp2f(top - most);
    top = most;
    total *= factor;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      score[i] = exp2f(score[i] - most);
      total += score[i];
    }
    const unsigned low = pair(score[0], score[1]), high = pair(score[2], score[3]);
#pragma unroll
    for (int i = 0; i < HEAD / 8; ++i) {
      out[i][0] *= factor;
      out[i][1] *= factor;
    }
#pragma unroll
    for (int j = 0; j < PARTS; ++j) {
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        // Column i of 8 of two keys each, side by side.
        const unsigned halves = i % 2 == 0 ? 0x5410 : 0x7632;
        multiply(out[j * 8 + i], low, high, __byte_perm(value[0][j].at[i / 2], value[1][j].at[i / 2], halves),
                 __byte_perm(value[2][j].at[i / 2], value[3][j].at[i / 2], halves));
      }
    }
  }

  total += __shfl_xor_sync(0xffffffffu, total, 1);
  total += __shfl_xor_sync(0xffffffffu, total, 2);
  tops[warp][n] = top;
  totals[warp][n] = total;
#pragma unroll
  for (int i = 0; i < HEAD / 8; ++i) {
    const int column = i / 8 * 64 + 2 * t * 8 + i % 8;
    sums[warp][n][column] = out[i][0];
    sums[warp][n][column + 8] = out[i][1];
  }
  __syncthreads();
  for (int i = threadIdx.x; i < GROUPS * HEAD; i += THREADS) {
    const int own = i / HEAD, column = i % HEAD;
    float most = NOTHING, sum = 0, weight = 0;
    for (int other = 0; other < THREADS / 32; ++other) most = fmaxf(most, tops[other][own]);
    for (int other = 0; other < THREADS / 32; ++other) {
      const float factor = exp2f(tops[other][own] - most);
      sum += factor * sums[other][own][column];
      weight += factor * totals[other][own];
    }
    if (splits == 1) {
      narrow(sum / weight, y[(group + own) * HEAD + column]);
      continue;
    }
    float* to = partial + ((group + own) * splits + blockIdx.z) * (HEAD + 2);
    to[column] = sum;
    if (column == 0) {
      to[HEAD] = most;
      to[HEAD + 1] = weight;
    }
  }
}

extern "C" __global__ void join_splits(const float* partial, T* y, int splits) {
  const float* from = partial + (long long)blockIdx.x * splits * (HEAD + 2);
  float most = NOTHING, sum = 0, weight = 0;
  for (int split = 0; split < splits; ++split) most = fmaxf(most, from[split * (HEAD + 2) + HEAD]);
  for (int split = 0; split < splits; ++split) {
    const float* own = from + split * (HEAD + 2);
    const float factor = exp2f(own[HEAD] - most);
    sum += factor * own[threadIdx.x];
    weight += factor * own[HEAD + 1];
  }
  narrow(sum / weight, y[(long long)blockIdx.x * HEAD + threadIdx.x]);
}
`;

const THREADS = 128;
const KEYS = 16;
/** Columns of a head that pieces of 64 make up, and few enough for the registers of a thread. */
const HEADS = [64, 128];
/** Query heads of a key head: the rows of a product that are not 0. */
const MOST_GROUPS = 8;
/** Blocks of threads that a large GPU runs at once. */
const BLOCKS = 528;
const MOST_SPLITS = 16;
/** Keys of a split, at least. */
const LEAST_KEYS = 64;

/** Keys and values of a cache, and who asks for them. */
export interface DecodedShape {
  readonly dtype: DType;
  readonly headDim: number;
  /** Query heads that share a key head. */
  readonly groups: number;
  /** Tokens of a block. */
  readonly blockSize: number;
}

/** Whether the kernel is made for rows of several blocks. */
function takes({ dtype, headDim, groups, blockSize }: DecodedShape): boolean {
  return dtype === 'bfloat16' && HEADS.includes(headDim) && groups <= MOST_GROUPS && blockSize % KEYS === 0;
}

/** Whether rows of several blocks are read where they are, each as far as it reaches. */
export function decodesInPlace(device: string, shape: DecodedShape): boolean {
  return runsKernels(device, shape.dtype) && takes(shape);
}

/** @param inputs - queries [B, H, D], new keys and values [B, heads, D], pools of both, table, starts */
function plan(
  [q, k, v, keys, values, table, starts]: readonly Spec[],
  ...[blockSize, length]: readonly number[]
): Plan | null {
  const [B, H, D] = q!.shape as [number, number, number];
  const [, kvHeads, columns] = keys!.shape as [number, number, number, number];
  const [, N] = table!.shape as [number, number];
  const groups = H / kvHeads;
  if (keys!.dtype !== q!.dtype || B === 0 || keys!.shape[3] !== D || values!.shape[3] !== D) return null;
  // The keys of a row of one block follow one another, whatever its length.
  const inBlocks = N > 1 ? blockSize! : KEYS;
  if (!takes({ dtype: q!.dtype, headDim: D, groups, blockSize: inBlocks })) return null;
  const rest = Math.min(Math.floor(BLOCKS / (B * kvHeads)), MOST_SPLITS, Math.ceil(length! / LEAST_KEYS));
  const splits = Math.max(1, rest);
  const apart = splits > 1;
  const scale = Math.LOG2E / Math.sqrt(D);
  const inputs = { q: q!, k: k!, v: v!, keys: keys!, values: values!, table: table!, starts: starts! };
  const attention = {
    kernel: 'decode_attention',
    grid: [B, kvHeads, splits],
    threads: THREADS,
    args: [
      ...Object.keys(inputs),
      'y',
      apart ? 'partial' : null,
      { int: kvHeads },
      { int: columns },
      { int: N },
      { int: blockSize! },
      { int: splits },
      { float: scale },
    ],
  };
  const joined = ['partial', 'y', { int: splits }];
  const join = { kernel: 'join_splits', grid: [B * H], threads: D, args: joined };
  return {
    // What changes from bucket to bucket of a cache is no definition, so that the kernels are compiled once.
    defines: { HEAD: D, GROUPS: groups, THREADS },
    inputs,
    outputs: { y: q! },
    ...(apart && { scratch: { partial: { shape: [B * H, splits, D + 2], dtype: 'float32' } } }),
    written: ['keys', 'values'],
    forward: apart ? [attention, join] : [attention],
    backward: [],
  };
}

/** Writes into the pools. */
const decode = new FusedOperator<number>('decode_attention', SOURCE, plan);

/** Rows of a cache. */
export interface DecodedRows {
  /** Pools of [blocks, heads, columns, D]. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** Blocks of each row in order, int64 [B, N]. */
  readonly table: Tensor;
  /** The place of each row's new key, which is its last: int64 [B]. */
  readonly starts: Tensor;
  /** Tokens of a block. */
  readonly blockSize: number;
  /** No row has more keys. */
  readonly length: number;
}

/**
 * Attention of the new tokens; null where kernels do not run, and then nothing is written.
 * @param query - [B, H, 1, D]
 * @param added - keys and values of the new tokens, [B, heads, 1, D] each, which the pools get
 * @returns [B, H, 1, D]
 */
export function decodeAttention(
  query: Tensor,
  added: readonly Tensor[],
  { keys, values, table, starts, blockSize, length }: DecodedRows,
): Tensor | null {
  const [q, k, v] = [query, ...added].map((one) => one.squeeze(2)) as [Tensor, Tensor, Tensor];
  const found = decode.run([q, k, v, keys, values, table, starts], blockSize, length);
  return found === null ? null : found[0]!.unsqueeze(2);
}
