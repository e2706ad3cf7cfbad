/**
 * @file Frequencies of rotary positions: the radians per position of each pair of dimensions, for each way to scale them.
 *
 * - `default`: θ^(−2i/D) (Su et al. 2021)
 * - `linear`: all divided by a factor (Chen et al. 2023)
 * - `dynamic`: a larger θ for sequences that are longer than the original context (NTK-aware scaling)
 * - `yarn`: high frequencies kept, low ones divided, a ramp between; queries and keys grow too (Peng et al. 2023)
 * - `longrope`: each divided by a factor of its own, one list within the original context and one beyond (Ding et al. 2024)
 * - `llama3`: as yarn, with a ramp over wavelengths (Llama 3.1)
 *
 * Formulas and defaults are those of transformers 5 (`modeling_rope_utils.py`). Settings that config.json leaves out are
 * undefined here, so that they stay left out when the model is saved.
 */

/** How positions turn into angles. */
export type RopeConfig = { readonly theta: number } & (
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'dynamic';
      readonly factor: number;
      /** Changes nothing: the original context is the model's `maxPositions`. */
      readonly originalMaxPositions?: number | undefined;
    }
  | YarnConfig
  | {
      readonly type: 'longrope';
      /** Divisors of the D/2 frequencies, within the original context and beyond it. */
      readonly shortFactor: readonly number[];
      readonly longFactor: readonly number[];
      readonly factor?: number | undefined;
      readonly attentionFactor?: number | undefined;
      readonly originalMaxPositions?: number | undefined;
    }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    }
);

interface YarnConfig {
  readonly type: 'yarn';
  /** `maxPositions` over the original context where it is null. */
  readonly factor: number | null;
  readonly originalMaxPositions?: number | undefined;
  readonly attentionFactor?: number | undefined;
  readonly mscale?: number | undefined;
  readonly mscaleAllDim?: number | undefined;
  /** Turns over the original context: frequencies with more are kept, 32 unless given. */
  readonly betaFast?: number | undefined;
  /** Frequencies with fewer are divided, 1 unless given. */
  readonly betaSlow?: number | undefined;
  /** The ramp begins and ends at whole dimensions; true unless given. */
  readonly truncate?: boolean | undefined;
}

/** What of a model the frequencies depend on besides. */
export interface RopeShape {
  readonly headDim: number;
  readonly maxPositions: number;
}

/** Context the frequencies were trained for. */
function originalContext(
  { originalMaxPositions }: { readonly originalMaxPositions?: number | undefined },
  { maxPositions }: RopeShape,
): number {
  return originalMaxPositions ?? maxPositions;
}

/** How many times the original context the model was made for. */
function stretchOf(
  config: { readonly factor?: number | null | undefined; readonly originalMaxPositions?: number | undefined },
  shape: RopeShape,
): number {
  return config.factor ?? shape.maxPositions / originalContext(config, shape);
}

/**
 * Longest sequence whose angles do not depend on its length. A cache holds keys turned by the angles of the sequence as it
 * was then, so beyond it a cache does not give what the whole forward pass gives.
 */
export function steadyLength(config: RopeConfig, shape: RopeShape): number {
  if (config.type === 'dynamic') return shape.maxPositions;
  return config.type === 'longrope' ? originalContext(config, shape) : Infinity;
}

/**
 * Radians per position of each pair of dimensions, [D/2].
 * @param length - of the longest sequence: `dynamic` and `longrope` depend on it
 */
export function inverseFrequencies(config: RopeConfig, shape: RopeShape, length: number): Float32Array {
  switch (config.type) {
    case 'default':
      return plain(config.theta, shape);
    case 'linear':
      return plain(config.theta, shape).map((frequency) => frequency / config.factor);
    case 'dynamic':
      return plain(dynamicTheta(config, shape, length), shape);
    case 'yarn':
      return yarn(config, shape);
    case 'longrope': {
      const { longFactor, shortFactor } = config;
      const divisors = length > originalContext(config, shape) ? longFactor : shortFactor;
      return plain(config.theta, shape).map((frequency, i) => frequency / divisors[i]!);
    }
    case 'llama3':
      return plain(config.theta, shape).map((frequency) => {
        // Turns over the original context: many for a high frequency, which is kept, few for a low one.
        const turns = (config.originalMaxPositions * frequency) / (2 * Math.PI);
        const { lowFreqFactor: low, highFreqFactor: high, factor } = config;
        return blend(frequency, factor, clamp((turns - low) / (high - low)));
      });
  }
}

function plain(theta: number, { headDim }: RopeShape): Float32Array {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => theta ** (-(2 * i) / headDim));
}

/** Keeps a share of the frequency and divides the rest of it. */
function blend(frequency: number, factor: number, kept: number): number {
  return kept * frequency + ((1 - kept) * frequency) / factor;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function dynamicTheta(
  { theta, factor }: { readonly theta: number; readonly factor: number },
  { headDim, maxPositions }: RopeShape,
  length: number,
): number {
  const stretch = (factor * Math.max(length, maxPositions)) / maxPositions - (factor - 1);
  return theta * stretch ** (headDim / (headDim - 2));
}

function yarn(config: YarnConfig & { readonly theta: number }, shape: RopeShape): Float32Array {
  const { theta, betaFast = 32, betaSlow = 1, truncate = true } = config;
  const { headDim } = shape;
  const original = originalContext(config, shape);
  const factor = stretchOf(config, shape);
  /** The pair of dimensions, as a fraction, that makes so many turns over the original context. */
  const pairOf = (turns: number): number =>
    (headDim * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [from, to] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(from) : from, 0);
  const high = Math.min(truncate ? Math.ceil(to) : to, headDim - 1);
  const width = high === low ? 0.001 : high - low;
  return plain(theta, shape).map((frequency, i) => blend(frequency, factor, 1 - clamp((i - low) / width)));
}

/** What cosines and sines are multiplied by: queries and keys grow by it, so attention scores by its square. */
export function attentionFactor(config: RopeConfig, shape: RopeShape): number {
  if (config.type !== 'yarn' && config.type !== 'longrope') return 1;
  if (config.attentionFactor !== undefined) return config.attentionFactor;
  const factor = stretchOf(config, shape);
  if (config.type === 'yarn') {
    const { mscale, mscaleAllDim } = config;
    if (mscale && mscaleAllDim) return yarnScale(factor, mscale) / yarnScale(factor, mscaleAllDim);
    return yarnScale(factor, 1);
  }
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContext(config, shape)));
}

/**
 * What DeepSeek's models multiply attention scores by besides: with yarn, the square of the growth that `mscale_all_dim` asks
 * for (transformers' `DeepseekV3Attention.scaling`), since `attentionFactor` then takes it out of cosines and sines.
 */
export function scoreFactor(config: RopeConfig, shape: RopeShape): number {
  if (config.type !== 'yarn' || !config.mscaleAllDim) return 1;
  return yarnScale(stretchOf(config, shape), config.mscaleAllDim) ** 2;
}

function yarnScale(factor: number, mscale: number): number {
  return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
}
