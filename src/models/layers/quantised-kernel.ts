/**
 * @file Kernels of quantised weights: dequantising a whole weight, and the product with a few rows without doing so.
 *
 * A weight of W[o, i] is the number of its code times a scale, in float32, rounded to the dtype it is computed in: exactly
 * what `dequantised` of nf4-weight.ts and int8-weight.ts composes.
 *
 * The product of at most 16 rows reads each code once, as decoding does. Tensor cores take 16 outputs times 16 inputs of a
 * weight and the same inputs of 8 rows (mma.m16n8k16). The sum over inputs has no order, so each thread takes the inputs
 * that its 16 bytes of codes are of. The warps of a block share out the inputs of the same outputs.
 */
import { type DType, FusedOperator, type Plan, type Spec, scope, type Tensor } from '../../torch/index.ts';

/** How codes stand for weights. */
export interface CodeFormat {
  /** The numbers that codes of 4 bits stand for, two codes a byte, the first in its upper half; null: int8 numbers. */
  readonly table: readonly number[] | null;
  /** Consecutive weights that share a scale; null where those of a row do. */
  readonly block: number | null;
}

/** `numbers` gives what the codes of a word of 4 bytes stand for, PER_WORD in order; 16 bytes have WEIGHTS of them. */
const COMMON = `
struct alignas(16) Words { unsigned at[4]; };

#ifdef TABLE
#define PER_WORD 8
__device__ const float NUMBERS[16] = TABLE;

__device__ inline void numbers(const float* table, unsigned word, float* out) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    out[2 * i] = table[word >> (8 * i + 4) & 15];
    out[2 * i + 1] = table[word >> 8 * i & 15];
  }
}
#else
#define PER_WORD 4
__device__ inline void numbers(const float*, unsigned word, float* out) {
#pragma unroll
  for (int i = 0; i < 4; ++i) out[i] = (float)(signed char)(word >> 8 * i & 255);
}
#endif
#define WEIGHTS (4 * PER_WORD)

__device__ inline void fillTable(float* table) {
#ifdef TABLE
  if (threadIdx.x < 16) table[threadIdx.x] = NUMBERS[threadIdx.x];
  __syncthreads();
#endif
}

// The scale of a weight, by its place in the whole and its output.
__device__ inline float scaleOf(const float* scale, long long place, int output) {
#ifdef BLOCK
  return scale[place / BLOCK];
#else
  return scale[output];
#endif
}
`;

const DEQUANTISE = `
#ifdef NARROW
typedef unsigned short Out;
#else
typedef float Out;
#endif

// A thread takes the weights of a word.
extern "C" __global__ void dequantise(const float* scale, const unsigned* codes, Out* weight, int words) {
  __shared__ float table[16];
  fillTable(table);
  for (int word = blockIdx.x * blockDim.x + threadIdx.x; word < words; word += gridDim.x * blockDim.x) {
    const long long first = (long long)word * PER_WORD;
    float values[PER_WORD];
    numbers(table, codes[word], values);
    const float factor = scaleOf(scale, first, (int)(first / INPUTS));
#pragma unroll
    for (int i = 0; i < PER_WORD; ++i) values[i] *= factor;
    store<PER_WORD>(values, weight + first);
  }
}
`;

const FEW_ROWS = `
// Inputs that the four threads of a row of the tensor cores' tile take at a time, and outputs of a block.
#define CHUNK (4 * WEIGHTS)
#define OUTPUTS 16

// Two values as bfloat16, the first in the lower half.
__device__ inline unsigned pairOf(float first, float second) {
#if defined(__CUDA_ARCH__)
  unsigned pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
#else
  unsigned short low, high;
  narrow(first, low);
  narrow(second, high);
  return low | (unsigned)high << 16;
#endif
}

// sums += a b: a has 16 outputs, b has 8 rows, of 16 inputs. Thread 4 g + q has in a the outputs g and g + 8, in b the row g,
// and in sums the outputs g and g + 8 of the rows 2 q and 2 q + 1.
__device__ inline void multiply(float* sums, const unsigned* a, const unsigned* b) {
#if defined(__CUDA_ARCH__)
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  unsigned all[32][6];
  const int lane = threadIdx.x % 32, group = lane / 4, quarter = lane % 4;
  for (int apart = 0; apart < 32; ++apart)
    for (int i = 0; i < 6; ++i) all[lane ^ apart][i] = __shfl_xor_sync(~0u, i < 4 ? a[i] : b[i - 4], apart);
  for (int i = 0; i < 4; ++i)
    for (int other = 0; other < 4; ++other)
      for (int half = 0; half < 2; ++half) {
        const unsigned left = all[4 * group + other][2 * half + i / 2];
        const unsigned right = all[4 * (2 * quarter + i % 2) + other][4 + half];
        sums[i] += __uint_as_float(left << 16) * __uint_as_float(right << 16);
        sums[i] += __uint_as_float(left & 0xffff0000u) * __uint_as_float(right & 0xffff0000u);
      }
#endif
}

// y[r, o] = Σ x[r, i] W[o, i] + bias[o]. Every block has OUTPUTS outputs, every warp of it each WARPS-th chunk of inputs.
extern "C" __global__ void __launch_bounds__(32 * WARPS)
few_rows(const T* x, const float* scale, const Words* codes, const T* bias, T* y, int rows, int outputs) {
  __shared__ float table[16];
  __shared__ float parts[WARPS][TILES * 4][32];
  fillTable(table);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, group = lane / 4, quarter = lane % 4;
  const int first = blockIdx.x * OUTPUTS;
  float sums[TILES][4] = {};
  for (int start = warp * CHUNK; start < INPUTS; start += WARPS * CHUNK) {
    const int input = start + quarter * WEIGHTS;
    Words words[2];
    float factor[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int own = first + group + 8 * half;
      const int output = own < outputs ? own : outputs - 1;
      const long long place = (long long)output * INPUTS + input;
      words[half] = codes[place / WEIGHTS];
      factor[half] = scaleOf(scale, place, output);
    }
    unsigned inputs[TILES][WEIGHTS / 2];
#pragma unroll
    for (int tile = 0; tile < TILES; ++tile) {
      const int row = tile * 8 + group;
#pragma unroll
      for (int i = 0; i < WEIGHTS / 8; ++i) {
        Words eight = {};
        if (row < rows) eight = *(const Words*)(x + (long long)row * INPUTS + input + 8 * i);
#pragma unroll
        for (int j = 0; j < 4; ++j) inputs[tile][4 * i + j] = eight.at[j];
      }
    }
#pragma unroll
    for (int word = 0; word < 4; ++word) {
      unsigned pairs[2][PER_WORD / 2];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float values[PER_WORD];
        numbers(table, words[half].at[word], values);
#pragma unroll
        for (int i = 0; i < PER_WORD / 2; ++i)
          pairs[half][i] = pairOf(values[2 * i] * factor[half], values[2 * i + 1] * factor[half]);
      }
#pragma unroll
      for (int step = 0; step < PER_WORD / 4; ++step) {
        const unsigned a[4] = {pairs[0][2 * step], pairs[1][2 * step], pairs[0][2 * step + 1], pairs[1][2 * step + 1]};
#pragma unroll
        for (int tile = 0; tile < TILES; ++tile) multiply(sums[tile], a, inputs[tile] + word * PER_WORD / 2 + 2 * step);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < TILES * 4; ++i) parts[warp][i][lane] = sums[i / 4][i % 4];
  __syncthreads();
  for (int i = threadIdx.x; i < TILES * 4 * 32; i += 32 * WARPS) {
    const int own = i % 32, kind = i / 32;
    const int output = first + own / 4 + kind % 4 / 2 * 8;
    const int row = kind / 4 * 8 + own % 4 * 2 + kind % 2;
    if (row >= rows || output >= outputs) continue;
    float sum = bias ? wide(bias[output]) : 0;
    for (int other = 0; other < WARPS; ++other) sum += parts[other][kind][own];
    narrow(sum, y[(long long)row * outputs + output]);
  }
}
`;

/** Most rows that the product without dequantising takes: two tiles. */
export const MOST_ROWS = 16;
const TILE = 8;
const OUTPUTS = 16;
/** Threads of a block that dequantises, and its blocks, which go on to further words. */
const THREADS = 256;
const MOST_BLOCKS = 8192;

/** The kernels of a format. */
export class QuantisedKernels {
  readonly #format: CodeFormat;
  readonly #dequantise: FusedOperator<number>;
  readonly #fewRows: FusedOperator<number>;

  constructor(name: string, format: CodeFormat) {
    const { table, block } = format;
    const entries = table?.map((value) => `${Math.fround(value).toExponential()}f`);
    const source = [
      entries === undefined ? '' : `#define TABLE {${entries.join(', ')}}\n`,
      block === null ? '' : `#define BLOCK ${block}\n`,
      COMMON,
    ].join('');
    this.#format = format;
    this.#dequantise = new FusedOperator(`${name}_dequantise`, source + DEQUANTISE, (specs, ...key) =>
      this.#dequantisePlan(specs, ...(key as [number, number, number])),
    );
    this.#fewRows = new FusedOperator(`${name}_few_rows`, source + FEW_ROWS, (specs, ...key) =>
      this.#fewRowsPlan(specs, ...(key as [number])),
    );
  }

  /** The weight [out, in]; null where kernels do not run. @param scale - float32 @param codes - as the format packs them */
  dequantised(
    scale: Tensor,
    codes: Tensor,
    [outputs, inputs]: readonly [number, number],
    dtype: DType,
  ): Tensor | null {
    if (dtype !== 'bfloat16' && dtype !== 'float32') return null;
    const narrow = dtype === 'bfloat16' ? 1 : 0;
    return this.#dequantise.run([scale, codes], outputs, inputs, narrow)?.[0] ?? null;
  }

  /**
   * x Wᵀ + bias: [..., in] → [..., out]; null for more than 16 rows, where x has history,
   * and where kernels do not run.
   */
  product(x: Tensor, scale: Tensor, codes: Tensor, outputs: number, bias: Tensor | null): Tensor | null {
    const inputs = x.size(-1);
    if (x.dtype !== 'bfloat16' || x.numel > MOST_ROWS * inputs || x.requiresGrad) return null;
    return scope(() => {
      const rows = x.reshape([-1, inputs]);
      const [y] =
        this.#fewRows.run(bias === null ? [rows, scale, codes] : [rows, scale, codes, bias], outputs) ?? [];
      return y?.view([...x.shape.slice(0, -1), outputs]) ?? null;
    });
  }

  #dequantisePlan(
    [scale, codes]: readonly Spec[],
    outputs: number,
    inputs: number,
    narrow: number,
  ): Plan | null {
    const { table, block } = this.#format;
    const perWord = table === null ? 4 : 8;
    // A word of 4 bytes has one scale.
    if ((outputs * inputs) % perWord !== 0 || (block === null && inputs % perWord !== 0)) return null;
    const words = (outputs * inputs) / perWord;
    return {
      defines: { ...(narrow === 1 && { NARROW: 1 }), INPUTS: block === null ? inputs : 1 },
      inputs: { scale: scale!, codes: codes! },
      outputs: { weight: { shape: [outputs, inputs], dtype: narrow === 1 ? 'bfloat16' : 'float32' } },
      forward: [
        {
          kernel: 'dequantise',
          grid: [Math.min(MOST_BLOCKS, Math.ceil(words / THREADS))],
          threads: THREADS,
          args: ['scale', 'codes', 'weight', { int: words }],
        },
      ],
      backward: [],
    };
  }

  #fewRowsPlan([x, scale, codes, bias]: readonly Spec[], outputs: number): Plan | null {
    const [rows, inputs] = x!.shape as [number, number];
    const chunk = this.#format.table === null ? 64 : 128;
    if (inputs % chunk !== 0 || (bias !== undefined && bias.dtype !== x!.dtype)) return null;
    const warps = inputs >= 16 * chunk ? 8 : 4;
    return {
      defines: { INPUTS: inputs, WARPS: warps, TILES: Math.ceil(rows / TILE) },
      inputs: { x: x!, scale: scale!, codes: codes!, ...(bias !== undefined && { bias }) },
      outputs: { y: { shape: [rows, outputs], dtype: x!.dtype } },
      forward: [
        {
          kernel: 'few_rows',
          grid: [Math.ceil(outputs / OUTPUTS)],
          threads: 32 * warps,
          args: [
            'x',
            'scale',
            'codes',
            bias === undefined ? null : 'bias',
            'y',
            { int: rows },
            { int: outputs },
          ],
        },
      ],
      backward: [],
    };
  }
}
