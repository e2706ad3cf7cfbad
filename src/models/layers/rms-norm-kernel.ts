/**
 * @file RMSNorm as one kernel, forward and backward, with the residual sum before it where there is one.
 *
 * With x̂ = x · r, r = 1 / √(mean(x²) + ε) and g = dy · w, the gradient is dx = r (g − x̂ · mean(g x̂)), and that of the
 * weight is Σ dy x̂ over the rows: each block of threads sums its own rows, a second kernel sums the blocks. The composed
 * form is rmsNorm in rms-norm.ts. With OFFSET 1, w stands for 1 + weight.
 */
import { FusedOperator, itemSize, type Plan, type Spec, sumRows, type Tensor } from '../../torch/index.ts';

/** What a norm adds to its weight: 1 where the weight is what the gain has above 1. */
export type NormOffset = 0 | 1;

const SOURCE = `
#define PACKS ((COLUMNS + LANES * VECTOR - 1) / (LANES * VECTOR))
#define THREADS (ROWS * LANES)

// Sum over the LANES threads of a row.
__device__ inline float rowSum(float value) {
#if LANES <= 32
  return sumOfLanes<LANES>(value);
#else
  __shared__ float parts[LANES / 32];
  value = sumOfLanes<32>(value);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < LANES / 32; ++i) sum += parts[i];
  __syncthreads();
  return sum;
#endif
}

// y = x · scale · weight, of x + added where there is one: their sum is written too.
extern "C" __global__ void __launch_bounds__(THREADS)
rms_norm(const T* x, const T* added, const T* weight, T* sum, T* y, float* scale, int rows, float eps) {
  const int lane = threadIdx.x % LANES;
  for (int first = blockIdx.x * ROWS; first < rows; first += gridDim.x * ROWS) {
    const int row = first + threadIdx.x / LANES;
    const long long start = (long long)row * COLUMNS;
    float values[PACKS][VECTOR];
    float squares = 0;
#pragma unroll
    for (int p = 0; p < PACKS; ++p) {
      const int column = (p * LANES + lane) * VECTOR;
      if (row >= rows || column >= COLUMNS) continue;
      load<VECTOR>(x + start + column, values[p]);
      if (added) {
        float more[VECTOR];
        load<VECTOR>(added + start + column, more);
#pragma unroll
        for (int i = 0; i < VECTOR; ++i) {
          T rounded;
          narrow(values[p][i] + more[i], rounded);
          values[p][i] = wide(rounded);
        }
        store<VECTOR>(values[p], sum + start + column);
      }
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) squares += values[p][i] * values[p][i];
    }
    const float factor = rsqrtf(rowSum(squares) / COLUMNS + eps);
    if (row < rows && lane == 0) scale[row] = factor;
#pragma unroll
    for (int p = 0; p < PACKS; ++p) {
      const int column = (p * LANES + lane) * VECTOR;
      if (row >= rows || column >= COLUMNS) continue;
      float gains[VECTOR];
      load<VECTOR>(weight + column, gains);
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) gains[i] = (gains[i] + OFFSET) * values[p][i] * factor;
      store<VECTOR>(gains, y + start + column);
    }
  }
}

// d_sum is a gradient that reaches x directly. partial: of each block the gradient of the weight.
extern "C" __global__ void __launch_bounds__(THREADS)
rms_norm_backward(const T* d_y, const T* d_sum, const T* x, const T* weight, const float* scale, T* d_x,
                  float* partial, int rows) {
  const int lane = threadIdx.x % LANES;
  float d_gains[PACKS][VECTOR] = {};
  for (int first = blockIdx.x * ROWS; first < rows; first += gridDim.x * ROWS) {
    const int row = first + threadIdx.x / LANES;
    const long long start = (long long)row * COLUMNS;
    const float factor = row < rows ? scale[row] : 0;
    float normal[PACKS][VECTOR];
    float scaled[PACKS][VECTOR];
    float product = 0;
#pragma unroll
    for (int p = 0; p < PACKS; ++p) {
      const int column = (p * LANES + lane) * VECTOR;
      if (row >= rows || column >= COLUMNS || !d_y) continue;
      float gains[VECTOR];
      load<VECTOR>(x + start + column, normal[p]);
      load<VECTOR>(d_y + start + column, scaled[p]);
      load<VECTOR>(weight + column, gains);
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) {
        normal[p][i] *= factor;
        d_gains[p][i] += scaled[p][i] * normal[p][i];
        scaled[p][i] *= gains[i] + OFFSET;
        product += scaled[p][i] * normal[p][i];
      }
    }
    const float mean = rowSum(product) / COLUMNS;
#pragma unroll
    for (int p = 0; p < PACKS; ++p) {
      const int column = (p * LANES + lane) * VECTOR;
      if (row >= rows || column >= COLUMNS || !d_x) continue;
      float out[VECTOR] = {};
      if (d_sum) load<VECTOR>(d_sum + start + column, out);
      if (d_y) {
#pragma unroll
        for (int i = 0; i < VECTOR; ++i) out[i] += factor * (scaled[p][i] - normal[p][i] * mean);
      }
      store<VECTOR>(out, d_x + start + column);
    }
  }
  if (!partial) return;
  __shared__ float sums[ROWS * COLUMNS];
#pragma unroll
  for (int p = 0; p < PACKS; ++p) {
    const int column = (p * LANES + lane) * VECTOR;
    if (column >= COLUMNS) continue;
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) sums[threadIdx.x / LANES * COLUMNS + column + i] = d_gains[p][i];
  }
  __syncthreads();
  for (int column = threadIdx.x; column < COLUMNS; column += THREADS) {
    float sum = 0;
    for (int row = 0; row < ROWS; ++row) sum += sums[row * COLUMNS + column];
    partial[(long long)blockIdx.x * COLUMNS + column] = sum;
  }
}
`;

/** Elements that a thread holds at most, and threads of a block where a row takes no more than a warp. */
const MOST_ELEMENTS = 32;
const THREADS = 128;
const MOST_LANES = 256;
/** Rows that leave a GPU half empty with a warp each: several warps share one, as long as each thread has work. */
const FEW_ROWS = 1024;
const LANES_OF_FEW = 128;
/** Blocks, which go on to further rows: some for each of a large GPU's multiprocessors. */
const FORWARD_BLOCKS = 4096;
const BACKWARD_BLOCKS = 1056;

/** How threads share out rows of `columns` elements; null where they are too long. */
function layoutOf(rows: number, columns: number, bytes: number) {
  let vector = 1;
  while (2 * vector * bytes <= 16 && columns % (2 * vector) === 0) vector *= 2;
  let lanes = 1;
  while (lanes < (rows <= FEW_ROWS ? LANES_OF_FEW : 32) && lanes * vector < columns) lanes *= 2;
  while (Math.ceil(columns / (lanes * vector)) * vector > MOST_ELEMENTS) lanes *= 2;
  return lanes > MOST_LANES ? null : { vector, lanes, rows: lanes > 32 ? 1 : THREADS / lanes };
}

function plan([x, ...others]: readonly Spec[], eps: number, offset: number): Plan | null {
  const { shape, dtype } = x!;
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const layout = layoutOf(rows, columns, itemSize[dtype]);
  if (layout === null || rows === 0 || others.some((other) => other.dtype !== dtype)) return null;
  const sums = others.length === 2;
  const blocks = (most: number): number => Math.min(most, Math.ceil(rows / layout.rows));
  const threads = layout.rows * layout.lanes;
  return {
    defines: {
      COLUMNS: columns,
      LANES: layout.lanes,
      VECTOR: layout.vector,
      ROWS: layout.rows,
      OFFSET: offset,
    },
    inputs: { x: x!, ...(sums && { added: x! }), weight: { shape: [columns], dtype } },
    outputs: { ...(sums && { sum: x! }), y: x! },
    kept: { scale: { shape: [rows], dtype: 'float32' } },
    scratch: {
      partial: { shape: [blocks(BACKWARD_BLOCKS), columns], dtype: 'float32', only: 'weight' },
    },
    ...(sums && { equal: { added: 'x' } }),
    forward: [
      {
        kernel: 'rms_norm',
        grid: [blocks(FORWARD_BLOCKS)],
        threads,
        args: [
          'x',
          sums ? 'added' : null,
          'weight',
          sums ? 'sum' : null,
          'y',
          'scale',
          { int: rows },
          { float: eps },
        ],
      },
    ],
    backward: [
      {
        kernel: 'rms_norm_backward',
        grid: [blocks(BACKWARD_BLOCKS)],
        threads,
        args: [
          'd_y',
          sums ? 'd_sum' : null,
          sums ? 'sum' : 'x',
          'weight',
          'scale',
          'd_x',
          'partial',
          { int: rows },
        ],
      },
      sumRows('partial', 'd_weight', blocks(BACKWARD_BLOCKS), columns),
    ],
  };
}

const norm = new FusedOperator<number>('rms_norm', SOURCE, plan);

/** [..., D] → [..., D]; null where kernels do not run. */
export function rmsNormKernel(x: Tensor, weight: Tensor, eps: number, offset: NormOffset = 0): Tensor | null {
  return norm.run([x, weight], eps, offset)?.[0] ?? null;
}

/** The sum of two tensors and its norm, [..., D] each; null where kernels do not run. */
export function addedRmsNormKernel(
  x: Tensor,
  added: Tensor,
  weight: Tensor,
  eps: number,
  offset: NormOffset = 0,
): readonly [sum: Tensor, y: Tensor] | null {
  return norm.run([x, added, weight], eps, offset) as [Tensor, Tensor] | null;
}
