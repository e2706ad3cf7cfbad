/**
 * @file MXFP4 weights as gpt-oss publishes its experts: codes of four bits, and an exponent for each 32 of them (OCP
 * Microscaling Formats 1.0).
 *
 * A code is E2M1: a sign, two bits of exponent with bias 1, one of mantissa. A byte holds two of them, the lower one first. The
 * scale of a block is 2^(e − 127), NaN where e is 255. Codes lie along a row of the output, [experts, out, blocks, 16 bytes]; the
 * parameter is [experts, in, out]. Only reading is computed here.
 */
import { UserError } from '../errors.ts';
import { noGrad, scope, type Tensor, tensor } from '../torch/index.ts';

/** What the names of codes and scales add to that of the parameter. */
export const MXFP4_CODES = '_blocks';
export const MXFP4_SCALES = '_scales';

/** Codes that share a scale. */
const BLOCK = 32;
const BYTES = BLOCK / 2;

const SIZES = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
const valueOfCode = (code: number): number => (code < 8 ? SIZES[code]! : -SIZES[code - 8]!);

/** The two values of each byte, [256, 2]. */
const PAIRS = Float32Array.from({ length: 512 }, (_, i) =>
  valueOfCode(((i >> 1) >> (i % 2 === 0 ? 0 : 4)) & 15),
);

const SCALES = Float32Array.from({ length: 256 }, (_, e) => (e === 255 ? Number.NaN : 2 ** (e - 127)));

/** Shape of the parameter that codes [experts, out, blocks, 16] stand for. */
export function mxfp4Shape([experts, out, blocks]: readonly number[]): readonly number[] {
  return [experts!, blocks! * BLOCK, out!];
}

/**
 * The values of a parameter, expert by expert, into a tensor of `mxfp4Shape`.
 * @param codes - uint8 [experts, out, blocks, 16]
 * @param scales - uint8 [experts, out, blocks]
 */
export function dequantiseMxfp4(codes: Tensor, scales: Tensor, target: Tensor): void {
  const [experts, out, blocks] = scales.shape as [number, number, number];
  noGrad(() =>
    scope(() => {
      const pairs = tensor(PAIRS, [256, 2]);
      const factors = tensor(SCALES);
      for (let expert = 0; expert < experts; expert++) {
        scope(() => {
          const places = (all: Tensor): Tensor => all.select(0, expert).flatten().to('int32');
          const values = pairs.indexSelect(0, places(codes)).view([out * blocks, BLOCK]);
          const each = factors.indexSelect(0, places(scales)).view([out * blocks, 1]);
          const rows = values.mul(each).view([out, blocks * BLOCK]);
          target.select(0, expert).copy_(rows.transpose(0, 1));
        });
      }
    }),
  );
}

/** What config.json says of quantised weights that is not read, as a message, or null. */
export function mxfp4Problem(quantization: unknown): string | null {
  if (quantization == null) return null;
  const { quant_method: method } = quantization as { readonly quant_method?: unknown };
  if (method === 'mxfp4') return null;
  const shown = method === undefined ? 'missing' : JSON.stringify(method);
  return `quantization_config.quant_method: ${shown}, quantised experts are read as "mxfp4" only`;
}

/** @throws UserError where codes or their scales are missing or of another shape */
export function requireMxfp4(
  where: string,
  codes: readonly number[],
  scales: readonly number[] | undefined,
): void {
  const remedy = 'fetch the checkpoint again, or convert it to bfloat16';
  if (codes.length !== 4 || codes[3] !== BYTES) {
    const found = `has shape [${codes.join(', ')}]`;
    throw new UserError(`${where} ${found}, codes of MXFP4 have [experts, out, blocks, ${BYTES}]`, remedy);
  }
  const expected = codes.slice(0, 3).join(', ');
  if (scales?.join(', ') === expected) return;
  const found = scales === undefined ? 'are missing' : `have shape [${scales.join(', ')}]`;
  throw new UserError(`${where}: its scales (${MXFP4_SCALES}) ${found}, expected [${expected}]`, remedy);
}
