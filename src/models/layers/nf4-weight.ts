/**
 * @file Nf4Weight: a weight in NormalFloat 4 (Dettmers et al. 2023, arXiv 2305.14314, section 3 and appendix E).
 *
 * Each block of 64 consecutive weights has its largest absolute value as scale, in float32. A weight is the index of the
 * nearest of 16 numbers, quantiles of a normal distribution scaled to [−1, 1]. Two indices are a byte, the first in its
 * upper half: the layout of bitsandbytes. A weight takes 4.5 bits.
 */
import {
  aten,
  type DType,
  embedding,
  empty,
  keep,
  noGrad,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '../../torch/index.ts';
import { QuantisedKernels } from './quantised-kernel.ts';
import { QuantisedWeight } from './quantised-weight.ts';

/** The numbers of NF4, those of bitsandbytes. */
export const NF4_VALUES: readonly number[] = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

const BLOCK = 64;
/** Weights that are worked on at a time, whole blocks: what they take in float32 stays in the cache of a large GPU. */
const CHUNK = 2 ** 23;
/** In place of the scale of a block of zeros. */
const SMALLEST = 1e-38;

const kernels = new QuantisedKernels('nf4', { table: NF4_VALUES, block: BLOCK });
const bucketize = aten('bucketize.Tensor');
const product = aten('mul.out');

export class Nf4Weight extends QuantisedWeight {
  static readonly bytesPerWeight = 1 / 2 + 4 / BLOCK;
  /** Two indices a byte, uint8 [blocks, 32]. */
  codes: Tensor;
  /** Largest absolute value of each block, float32 [blocks, 1]. */
  absmax: Tensor;

  /** Memory only. */
  constructor(shape: readonly [out: number, inputs: number], device: string) {
    super(shape);
    const blocks = Math.ceil((shape[0] * shape[1]) / BLOCK);
    this.codes = empty([blocks, BLOCK / 2], { dtype: 'uint8', device });
    this.absmax = empty([blocks, 1], { device });
    // Not to be made while a CUDA graph is recorded.
    if (device !== 'meta') pairsOn(device);
  }

  override get device(): string {
    return this.codes.device;
  }

  override store(weight: Tensor): void {
    const { device } = this;
    noGrad(() =>
      scope(() => {
        const all = weight.to(device).flatten();
        const borders = tensor(midpoints(), undefined, { device });
        for (const { start, blocks } of chunks(this.codes.size(0))) {
          scope(() => {
            const values = blocksOf(all, start, blocks);
            const absmax = values.abs().amax(1, true);
            const scaled = values.mul(absmax.clamp(SMALLEST, null).pow(-1));
            const indices = (bucketize(scaled, borders, { out_int32: true }) as Tensor).to('uint8');
            const pairs = indices.view([blocks, BLOCK / 2, 2]);
            const packed = pairs.select(2, 0).mul(16).add(pairs.select(2, 1));
            this.codes.narrow(0, start, blocks).copy_(packed);
            this.absmax.narrow(0, start, blocks).copy_(absmax);
          });
        }
      }),
    );
  }

  override dequantised(dtype: DType): Tensor {
    return kernels.dequantised(this.absmax, this.codes, this.shape, dtype) ?? this.#composed(dtype);
  }

  override product(x: Tensor, bias: Tensor | null): Tensor | null {
    return kernels.product(x, this.absmax, this.codes, this.shape[0], bias);
  }

  /** The same of torch's operators. */
  #composed(dtype: DType): Tensor {
    const { device, shape } = this;
    const [out, inputs] = shape;
    return noGrad(() =>
      scope(() => {
        const all = empty([this.codes.size(0), BLOCK], { dtype, device });
        const pairs = pairsOn(device);
        for (const { start, blocks } of chunks(this.codes.size(0))) {
          scope(() => {
            const bytes = this.codes.narrow(0, start, blocks).to('int32');
            const values = embedding(pairs, bytes).view([blocks, BLOCK]);
            product(values, this.absmax.narrow(0, start, blocks), { out: all.narrow(0, start, blocks) });
          });
        }
        return all
          .view([-1])
          .narrow(0, 0, out * inputs)
          .view([out, inputs]);
      }),
    );
  }
}

/** Ranges of blocks. */
function* chunks(all: number): Iterable<{ readonly start: number; readonly blocks: number }> {
  const most = CHUNK / BLOCK;
  for (let start = 0; start < all; start += most) yield { start, blocks: Math.min(most, all - start) };
}

/** Weights in float32 [blocks, 64]; what is missing in the last block is 0. */
function blocksOf(all: Tensor, start: number, blocks: number): Tensor {
  const count = Math.min(all.numel - start * BLOCK, blocks * BLOCK);
  const found = all.narrow(0, start * BLOCK, count).to('float32');
  if (count === blocks * BLOCK) return found.view([blocks, BLOCK]);
  const padded = zeros([blocks * BLOCK], { device: all.device });
  padded.narrow(0, 0, count).copy_(found);
  return padded.view([blocks, BLOCK]);
}

/** Between neighbours of the sixteen numbers, rounded as float32 rounds. */
function midpoints(): Float32Array {
  const values = Float32Array.from(NF4_VALUES);
  return Float32Array.from(values.subarray(1), (value, i) => Math.fround(value + values[i]!) / 2);
}

const tables = new Map<string, Tensor>();

/** The two numbers that each byte stands for, float32 [256, 2]. */
function pairsOn(device: string): Tensor {
  let table = tables.get(device);
  if (table === undefined) {
    const pairs = Array.from({ length: 256 }, (_, byte) => [NF4_VALUES[byte >> 4]!, NF4_VALUES[byte & 15]!]);
    table = keep(tensor(pairs.flat(), [256, 2], { device }));
    tables.set(device, table);
  }
  return table;
}
