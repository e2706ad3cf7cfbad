/**
 * @file Rotary settings in a GGUF file: `<architecture>.rope.*`, and for Llama 3 a tensor of factors.
 *
 * llama.cpp (src/llama-context.cpp, conversion/llama.py) has the types none, linear and yarn. The scaling of Llama 3 is
 * stored as what each rotation's angle is divided by; its settings are found again from these numbers. Phi-3 has two such
 * tensors, within the original context and beyond it (conversion/phi.py).
 */
import {
  type GgufFile,
  type Metadata,
  shortestDecimal,
  type TypedValue,
  unsupported,
} from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { attentionFactor, type RopeConfig } from '../layers/index.ts';
import type { GgufTable } from './form.ts';
import { ROPE_FACTORS } from './names.ts';
import { requiredNumber } from './stack.ts';

type RopeSettings = { readonly [key: string]: Json };

/**
 * `rope_theta` and `rope_scaling` of a config.json.
 * @param at - key of the architecture: `llama.rope`
 */
export function readRope(file: GgufFile, at: string, yarn: YarnSupport = {}): RopeSettings {
  const { metadata } = file;
  const theta = shortestDecimal(metadata.number(`${at}.freq_base`) ?? 10_000);
  return { rope_theta: theta, rope_scaling: scalingOf(file, at, theta, yarn) };
}

function scalingOf(file: GgufFile, at: string, theta: number, yarn: YarnSupport): Json {
  const { metadata } = file;
  const factors = readFactors(file, ROPE_FACTORS);
  if (factors !== null) return llama3Settings(file.path, factors, theta);
  const [short, long] = [readFactors(file, SHORT), readFactors(file, LONG)];
  if (short !== null && long !== null) return longropeSettings(metadata, at, short, long);
  // Old files have the factor of linear scaling alone.
  const old = metadata.number(`${at}.scale_linear`);
  const type = metadata.text(`${at}.scaling.type`) ?? (old === undefined ? 'none' : 'linear');
  const factor = metadata.number(`${at}.scaling.factor`) ?? old;
  if (type === 'none' || (type === 'linear' && (factor === undefined || factor === 1))) return null;
  if (type === 'linear') return { rope_type: 'linear', type: 'linear', factor: shortestDecimal(factor!) };
  if (type === 'yarn') return yarnSettings(metadata, `${at}.scaling`, yarn);
  throw unsupported(
    metadata.path,
    `metadata ${at}.scaling.type ${JSON.stringify(type)} is not supported (known: none, linear, yarn)`,
    'Take the model’s Hugging Face folder instead.',
  );
}

/** What an architecture has of YaRN besides. */
export interface YarnSupport {
  /** Scores grow by `mscale_all_dim`, and cosines and sines by nothing (DeepSeek): `yarn_log_multiplier` is a tenth of it. */
  readonly mscale?: boolean;
  /** Its files are of models with `truncate: false` (gpt-oss), which no key says and llama.cpp does not compute. */
  readonly untruncated?: boolean;
}

const LOG_MULTIPLIER = 'yarn_log_multiplier';

function yarnSettings(metadata: Metadata, at: string, { mscale, untruncated }: YarnSupport): Json {
  const neutral = [
    ['attn_factor', 1],
    ['yarn_attn_factor', 1],
    ['yarn_ext_factor', 1],
    ...(mscale ? [] : [[LOG_MULTIPLIER, 0] as const]),
  ] as const;
  for (const [key, only] of neutral) {
    const value = metadata.number(`${at}.${key}`);
    if (value === undefined || value === only) continue;
    throw unsupported(
      metadata.path,
      `metadata ${at}.${key} ${value} is not supported (only ${only})`,
      'Take the model’s Hugging Face folder instead.',
    );
  }
  const tenth = mscale ? shortestDecimal(requiredNumber(metadata, `${at}.${LOG_MULTIPLIER}`)) : undefined;
  const multiplier = tenth && Number((10 * tenth).toPrecision(8));
  const given = {
    factor: metadata.number(`${at}.factor`) ?? 1,
    original_max_position_embeddings: metadata.requiredCount(`${at}.original_context_length`),
    beta_fast: metadata.number(`${at}.yarn_beta_fast`),
    beta_slow: metadata.number(`${at}.yarn_beta_slow`),
    mscale: multiplier,
    mscale_all_dim: multiplier,
  };
  const settings = Object.entries(given).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return {
    rope_type: 'yarn',
    ...Object.fromEntries(settings.map(([key, value]) => [key, shortestDecimal(value)])),
    ...(untruncated && { truncate: false }),
  };
}

const SHORT = 'rope_factors_short.weight';
const LONG = 'rope_factors_long.weight';

/** @param at - `phi3.rope` */
function longropeSettings(metadata: Metadata, at: string, short: Float32Array, long: Float32Array): Json {
  const attention = metadata.number(`${at}.scaling.attn_factor`);
  return {
    rope_type: 'longrope',
    short_factor: Array.from(short, shortestDecimal),
    long_factor: Array.from(long, shortestDecimal),
    ...(attention !== undefined && { attention_factor: shortestDecimal(attention) }),
  };
}

/** The tensors of rotary settings that hold no parameter. */
export function ropeTables(rope: RopeConfig, headDim: number): GgufTable[] {
  if (rope.type === 'llama3') return [{ name: ROPE_FACTORS, values: llama3Factors(rope, headDim) }];
  if (rope.type !== 'longrope') return [];
  return [
    { name: SHORT, values: rope.shortFactor },
    { name: LONG, values: rope.longFactor },
  ];
}

function readFactors(file: GgufFile, name: string): Float32Array | null {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) return null;
  if (tensor.encoding.name !== 'F32') {
    throw unsupported(
      file.path,
      `tensor "${name}" is ${tensor.encoding.name}, expected F32`,
      'Write the file again with a current llama.cpp.',
    );
  }
  const bytes = new Uint8Array(tensor.bytes);
  file.read(tensor, bytes);
  return new Float32Array(bytes.buffer);
}

/** `low_freq_factor` of all of Llama 3, and what `high_freq_factor` is above it. */
const LOW_FREQUENCY = 1;
const FREQUENCY_SPAN = 3;

/** Settings that give these factors. */
function llama3Settings(path: string, factors: Float32Array, theta: number): Json {
  const factor = shortestDecimal(Math.max(...factors));
  if (factor === 1) return null;
  const { low, original } = llama3Bounds(factors, factor, theta);
  const settings = {
    factor,
    lowFreqFactor: low,
    highFreqFactor: low + FREQUENCY_SPAN,
    originalMaxPositions: original,
  };
  const again = llama3Factors({ theta, ...settings }, 2 * factors.length);
  if (original > 0 && low > 0 && again.every((value, i) => Math.abs(value / factors[i]! - 1) < 1e-5)) {
    return {
      rope_type: 'llama3',
      factor,
      low_freq_factor: low,
      high_freq_factor: low + FREQUENCY_SPAN,
      original_max_position_embeddings: original,
    };
  }
  throw unsupported(
    path,
    `tensor "${ROPE_FACTORS}" has factors that are not those of Llama 3’s scaling`,
    'Take the model’s Hugging Face folder instead.',
  );
}

/**
 * Where the ramp of the factors lies. On it (1/f − 1/factor) / (1 − 1/factor) = (original/wavelength − low) / (high − low):
 * linear in 1/wavelength, two numbers for three settings. So high − low is taken as in Llama 3, and low too where fewer than
 * two factors are on the ramp.
 */
function llama3Bounds(
  factors: Float32Array,
  factor: number,
  theta: number,
): { readonly low: number; readonly original: number } {
  const wavelength = (i: number): number => 2 * Math.PI * theta ** (i / factors.length);
  const points = [...factors.entries()]
    .filter(([, value]) => value > 1.001 && value < factor * 0.999)
    .map(([i, value]) => ({ x: 1 / wavelength(i), y: (1 / value - 1 / factor) / (1 - 1 / factor) }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    const kept = factors.findLastIndex((value) => value < 1.001);
    const turns = kept < 0 ? LOW_FREQUENCY : LOW_FREQUENCY + FREQUENCY_SPAN;
    return { low: LOW_FREQUENCY, original: Math.ceil(turns * wavelength(Math.max(kept, 0)) + 1e-9) };
  }
  if (first === last) {
    const turns = LOW_FREQUENCY + FREQUENCY_SPAN * first.y;
    return { low: LOW_FREQUENCY, original: turns / first.x };
  }
  const slope = (last.y - first.y) / (last.x - first.x);
  return {
    low: Number((FREQUENCY_SPAN * (slope * first.x - first.y)).toPrecision(4)),
    original: Math.round(slope * FREQUENCY_SPAN),
  };
}

interface Llama3 {
  readonly theta: number;
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** What each rotation's angle is divided by: 1 for the fast ones, `factor` for the slow ones (as transformers). */
export function llama3Factors(rope: Llama3, headDim: number): number[] {
  const { theta, factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositions } = rope;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const turns = originalMaxPositions / (2 * Math.PI * theta ** ((2 * i) / headDim));
    if (turns > high) return 1;
    if (turns < low) return factor;
    const smooth = (turns - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

/** What may be scaled how: Llama's graph reads the tensor of factors, and Phi-3's its own; those of others do not. */
export interface RopeSupport extends YarnSupport {
  readonly factors: boolean;
  /** Those of longrope, two tensors. */
  readonly partial?: boolean;
}

/**
 * The metadata of rotary settings.
 * @throws UsageError naming the type or setting that llama.cpp has no equivalent for
 */
export function ropeMetadata(
  { rope, maxPositions, headDim }: Pick<DecoderConfig, 'rope' | 'maxPositions' | 'headDim'>,
  at: string,
  where: string,
  { factors, partial = false, ...yarn }: RopeSupport,
): (readonly [string, TypedValue])[] {
  const entry = (key: string, value: number, type: 'u32' | 'f32' = 'f32') =>
    [`${at}.${key}`, { type, value }] as const;
  const base = entry('freq_base', rope.theta);
  const type = (value: string) => [`${at}.scaling.type`, { type: 'string', value }] as const;
  switch (rope.type) {
    case 'default':
      return [base];
    case 'linear':
      return [base, type('linear'), entry('scaling.factor', rope.factor)];
    case 'llama3':
      if (factors) return [base];
      break;
    case 'longrope':
      if (partial) {
        const original = rope.originalMaxPositions ?? maxPositions;
        const grows = attentionFactor(rope, { headDim, maxPositions });
        return [
          base,
          entry('scaling.original_context_length', original, 'u32'),
          entry('scaling.attn_factor', grows),
        ];
      }
      break;
    case 'dynamic':
      break;
    case 'yarn': {
      const { factor, originalMaxPositions: original, betaFast, betaSlow, mscaleAllDim } = rope;
      if (factor === null || original === undefined || !isComputedYarn(rope, yarn)) break;
      return [
        base,
        type('yarn'),
        entry('scaling.factor', factor),
        entry('scaling.original_context_length', original, 'u32'),
        ...(betaFast === undefined ? [] : [entry('scaling.yarn_beta_fast', betaFast)]),
        ...(betaSlow === undefined ? [] : [entry('scaling.yarn_beta_slow', betaSlow)]),
        ...(yarn.mscale ? [entry(`scaling.${LOG_MULTIPLIER}`, mscaleAllDim! / 10)] : []),
      ];
    }
  }
  throw unsupported(
    where,
    `rope_scaling ${JSON.stringify(rope)} has no equivalent in llama.cpp for this architecture`,
    'GGUF files can be written with the rope types default, linear, llama3 (architecture llama) and yarn with factor, original_max_position_embeddings, beta_fast and beta_slow.',
  );
}

/** Whether llama.cpp computes these settings, or the architecture's files are of models with them. */
function isComputedYarn(rope: RopeConfig & { readonly type: 'yarn' }, yarn: YarnSupport): boolean {
  const { factor, attentionFactor: own, mscale, mscaleAllDim, truncate = true } = rope;
  if (truncate === (yarn.untruncated ?? false)) return false;
  // What queries and keys grow by unless the configuration says otherwise, here and in llama.cpp.
  const growth = factor === null || factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
  if (yarn.mscale) return own === undefined && mscale === mscaleAllDim && !!mscale;
  return (
    (own === undefined || Math.abs(own - growth) <= 1e-6) &&
    mscale === undefined &&
    mscaleAllDim === undefined
  );
}
