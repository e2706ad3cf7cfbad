/**
 * @file Scales of a group of values that are to be quantised: those with the least weighted squared error among a few.
 *
 * For a scale the numbers q are the rounded values; for given q the best scale is a weighted least-squares fit. Each
 * candidate is rounded, fitted and measured. The idea and the weights are those of make_qkx2_quants and make_qx_quants
 * in ggml's src/ggml-quants.c.
 */

/** x ≈ scale·q − minimum, with q from 0 to the most. */
export interface AffineFit {
  readonly scale: number;
  /** Not negative: 0 is among the values that can be represented. */
  readonly minimum: number;
}

/** Candidates for a scale: the range of the values is spread over `most` − 1 to `most` + 1 numbers. */
const CANDIDATES = 21;

/** The best fit to a group, values farther from 0 weighing more. @param most - the largest q */
export function fitAffine(values: Float32Array, most: number): AffineFit {
  let low = 0;
  let high = -Infinity;
  let squares = 0;
  for (const x of values) {
    low = Math.min(low, x);
    high = Math.max(high, x);
    squares += x * x;
  }
  if (high <= low) return { scale: 0, minimum: -low };
  const mean = Math.sqrt(squares / values.length);
  const weights = values.map((x) => mean + Math.abs(x));
  const range = (high - low) / most;
  let best: AffineFit = { scale: range, minimum: -low };
  let least = affineError(values, weights, best, most);
  for (let i = 0; i < CANDIDATES; i += 1) {
    const step = (high - low) / (most - 1 + (2 * i) / (CANDIDATES - 1));
    const fit = leastSquares(values, weights, { scale: step, minimum: -low }, most);
    if (fit === null) continue;
    const error = affineError(values, weights, fit, most);
    if (error < least) [best, least] = [fit, error];
  }
  return best;
}

function numberOf(x: number, { scale, minimum }: AffineFit, most: number): number {
  return Math.max(0, Math.min(most, Math.round((x + minimum) / scale)));
}

function affineError(values: Float32Array, weights: Float32Array, fit: AffineFit, most: number): number {
  let error = 0;
  for (let i = 0; i < values.length; i += 1) {
    const x = values[i]!;
    const rest = fit.scale * numberOf(x, fit, most) - fit.minimum - x;
    error += weights[i]! * rest * rest;
  }
  return error;
}

/** Scale and minimum that are best for the numbers that `start` gives; null where they are no fit. */
function leastSquares(
  values: Float32Array,
  weights: Float32Array,
  start: AffineFit,
  most: number,
): AffineFit | null {
  let [w, wx, wq, wqq, wqx] = [0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i += 1) {
    const q = numberOf(values[i]!, start, most);
    const weight = weights[i]!;
    w += weight;
    wx += weight * values[i]!;
    wq += weight * q;
    wqq += weight * q * q;
    wqx += weight * q * values[i]!;
  }
  const determinant = w * wqq - wq * wq;
  if (!(determinant > 0)) return null;
  const scale = (w * wqx - wq * wx) / determinant;
  const offset = (wqq * wx - wq * wqx) / determinant;
  if (offset > 0) return wqq > 0 && wqx > 0 ? { scale: wqx / wqq, minimum: 0 } : null;
  return scale > 0 ? { scale, minimum: -offset } : null;
}

/** Candidates for a scale on either side of the plain one, in steps of a tenth of a number. */
const CENTRED_STEPS = 9;

/**
 * The best scale of x ≈ scale·q, with q from −most to most − 1, the squares of the values as weights. The value farthest
 * from 0 is near −most·scale, so the scale may be negative.
 */
export function fitCentred(values: Float32Array, most: number): number {
  let far = 0;
  for (const x of values) if (Math.abs(x) > Math.abs(far)) far = x;
  if (Math.abs(far) < 1e-15) return 0;
  let best = 0;
  let gain = 0;
  for (let i = -CENTRED_STEPS; i <= CENTRED_STEPS; i += 1) {
    const inverse = -(most + i / 10) / far;
    let [top, bottom] = [0, 0];
    for (const x of values) {
      const q = Math.max(-most, Math.min(most - 1, Math.round(x * inverse)));
      top += x * x * x * q;
      bottom += x * x * q * q;
    }
    // With the best scale top / bottom, the error is Σ x⁴ − top² / bottom.
    if (bottom > 0 && top * top > gain * bottom) {
      best = top / bottom;
      gain = (top * top) / bottom;
    }
  }
  return best;
}
