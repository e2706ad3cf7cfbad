/**
 * @file The rates of the model of time: what is measured of them, and what is assumed.
 *
 * Measured on one H200 in bfloat16 (bench/RESULTS.md, "The latest of training and decoding", "How cost grows"), and taken as shares
 * of other cards' peaks: `efficiency`, `optimiser`, `decoding`. measured.test.ts compares all of them with the figures they came
 * from. Assumed, not measured here: what NVLink and the network reach. NCCL's own tests reach 46 to 48 of the 50 GB/s of a
 * 400 Gbit/s port (NVIDIA/nccl-tests issue 290).
 */

/**
 * The share of the peak that a training pass reaches, by the smaller side of its matrix products, w: 0.549 · w / (w + 303). Wide
 * products run better: 0.41 at 896 (Qwen2.5-0.5B), 0.46 at 1,536, 0.49 at 2,048, 0.51 at 3,584 (Qwen2.5-7B). Nothing wider was
 * measured, so it does not grow from there on. Operations of recomputation count.
 * @param width - hidden size, or the width of an expert where that is smaller
 */
export function efficiency(width: number): number {
  const w = Math.min(width, WIDEST);
  return (0.549 * w) / (w + 303);
}

/** The widest model that was measured: Qwen2.5-7B. */
const WIDEST = 3584;

/** AdamW with clipping and rounding: bytes that are read and written for each parameter, and the share of the bandwidth. */
export const OPTIMISER = { bytes: 30, share: 0.875 } as const;

/** Decoding in CUDA graphs: seconds of a layer that do not depend on its size, and the share of the bandwidth for the rest. */
export const DECODING = { layer: 39e-6, share: 0.62 } as const;

/** The share of the bandwidth that collectives reach, and seconds of one however small it is. */
export const LINK = { share: 0.8, latency: 10e-6 } as const;
export const NETWORK = { share: 0.85, latency: 30e-6 } as const;

/** The largest error of a predicted time over the measured ones, as a share: see measured.test.ts. */
export const LARGEST_ERROR = 0.18;
