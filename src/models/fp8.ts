/**
 * @file FP8 weights as DeepSeek-V3 publishes them: E4M3 codes, and a float32 factor for each block of 128 × 128.
 *
 * W = code · `weight_scale_inv` of its block (DeepSeek-V3's `weight_dequant`). E4M3 (Micikevicius et al. 2022, arXiv
 * 2209.05433): a sign, four bits of exponent with bias 7, three of mantissa; no infinity, and NaN where all seven bits are 1.
 * torch 1.13 has no such dtype, so a code is looked up among the 256 values. Only reading is computed here.
 */
import { UserError } from '../errors.ts';
import { cat, noGrad, scope, type Tensor, tensor } from '../torch/index.ts';

/** Rows and columns that share a factor. */
export const FP8_BLOCK = 128;

/** What the name of the factors adds to that of the weight. */
export const FP8_SCALES = '_scale_inv';

/** The value of each code. */
export const E4M3: Float32Array = Float32Array.from({ length: 256 }, (_, code) => {
  const sign = code < 128 ? 1 : -1;
  const [exponent, mantissa] = [(code >> 3) & 15, code & 7];
  if (exponent === 15 && mantissa === 7) return Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10));
});

/** Shape of the factors of a weight [out, in]. */
export function scalesShape([out, inputs]: readonly number[]): readonly [rows: number, columns: number] {
  return [Math.ceil(out! / FP8_BLOCK), Math.ceil(inputs! / FP8_BLOCK)];
}

/**
 * The values of a weight, a new float32 tensor.
 * @param codes - uint8 [out, in]
 * @param scales - of `scalesShape`
 */
export function dequantiseFp8(codes: Tensor, scales: Tensor): Tensor {
  const [out, inputs] = codes.shape as [number, number];
  return noGrad(() =>
    scope(() => {
      const table = tensor(E4M3);
      // A row of blocks at a time: the numbers of the codes take four bytes each.
      const stripes = Array.from({ length: scales.size(0) }, (_, row) =>
        scope(() => {
          const count = Math.min(FP8_BLOCK, out - row * FP8_BLOCK);
          const places = codes
            .narrow(0, row * FP8_BLOCK, count)
            .flatten()
            .to('int32');
          const each = scales.select(0, row).to('float32').repeatInterleave(FP8_BLOCK, 0);
          const factors = each.narrow(0, 0, inputs);
          return table.indexSelect(0, places).view([count, inputs]).mul(factors);
        }),
      );
      return cat(stripes);
    }),
  );
}

/** What config.json says of weights that this project reads: any `quantization_config` but this is refused by its key. */
export function fp8Problem(quantization: unknown): string | null {
  const {
    quant_method: method,
    fmt = 'e4m3',
    weight_block_size: block,
  } = (quantization ?? {}) as {
    readonly [key: string]: unknown;
  };
  const at = 'quantization_config';
  if (method !== 'fp8')
    return `${at}.quant_method: ${shown(method)}, quantised weights are read as "fp8" only`;
  if (fmt !== 'e4m3') return `${at}.fmt: ${shown(fmt)} is not supported (only "e4m3")`;
  const square = Array.isArray(block) && block.length === 2 && block.every((size) => size === FP8_BLOCK);
  return square ? null : `${at}.weight_block_size: ${shown(block)} is not supported (only [128,128])`;
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/** @throws UserError where the factors of a weight are missing or of another shape */
export function requireScales(
  where: string,
  weight: readonly number[],
  scales: readonly number[] | undefined,
): void {
  const expected = weight.length === 2 ? scalesShape(weight) : [];
  if (scales?.join() === expected.join()) return;
  const found = scales === undefined ? 'are missing' : `have shape [${scales.join(', ')}]`;
  throw new UserError(
    `${where}: its factors (${FP8_SCALES}) ${found}, expected [${expected.join(', ')}]`,
    'fetch the checkpoint again, or convert it to bfloat16',
  );
}
