/**
 * @file Cost estimate of training and sampling, for `--dry-run`: floating-point operations over a rate for the device,
 * plus the time that calls take however small they are.
 *
 * A forward pass takes about 2 N operations a token and a backward pass twice that (Kaplan et al. 2020, §2.1). The
 * rates are round figures, not promises: small models are bound by calls, sampling by reading the cache.
 */
import {
  frozenBytes,
  type LoraOptions,
  type Numerics,
  numericsOf,
  parameterBytes,
} from '../../models/index.ts';
import type { Precision } from '../../precision.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import type { Estimate, ModelSize } from '../../run/stage.ts';
import { threads } from '../../torch/index.ts';

const RATES = {
  /** Operations a second per thread: AVX2 matrix products of a server core, float32. */
  cpu: { training: 20e9, sampling: 5e9 },
  /** One data-centre GPU; training by precision, of which sampling is bound little. */
  cuda: { training: { fp32: 30e12, tf32: 100e12, bf16: 200e12 }, sampling: 1e12 },
} as const;

/** Seconds of calls per layer: of one decoding step, and of one forward and backward pass. */
const CALLS = { decode: 1e-3, pass: 6e-3 } as const;

export interface Work {
  readonly parameters: number;
  readonly layers: number;
  /** Tokens that take a forward and a backward pass, and those of one such pass. */
  readonly trained?: number;
  readonly tokensPerPass?: number;
  /** Tokens sampled one after another, and how many are decoded side by side. */
  readonly sampled?: number;
  readonly rows?: number;
  /** What is trained in; fp32 unless given. */
  readonly precision?: Numerics['precision'];
}

/** Seconds the work takes on a device, roughly. */
export function estimateSeconds(work: Work, device: string): number {
  const {
    parameters,
    layers,
    trained = 0,
    tokensPerPass = 1024,
    sampled = 0,
    rows = 512,
    precision = 'fp32',
  } = work;
  const { cpu, cuda } = RATES;
  const rate = device === 'cpu' ? cpu : { ...cuda, training: cuda.training[precision] };
  const lanes = device === 'cpu' ? threads() : 1;
  const arithmetic = (6 * parameters * trained) / rate.training + (2 * parameters * sampled) / rate.sampling;
  // On a CPU the calls are a part of the rate.
  const calls = (sampled / rows) * layers * CALLS.decode + (trained / tokensPerPass) * layers * CALLS.pass;
  return arithmetic / lanes + (device === 'cpu' ? 0 : calls);
}

/** What the memory of LoRA depends on. */
export type LoraBase = Pick<LoraOptions, 'base'>;

/** What the weights in training take, in words. */
export function memoryBasis(lora: LoraBase | undefined, { dtype }: Numerics): string {
  if (lora !== undefined) {
    const { base } = lora;
    const held = base === undefined ? dtype : `${base}, embedding and head in ${dtype}`;
    return `frozen weights in ${held}; the additions are small`;
  }
  return dtype === 'bfloat16'
    ? 'weights in bfloat16; their master, gradients and two moments in float32'
    : 'weights, gradients and two moments in float32';
}

/**
 * The estimate of a stage that passes `tokens` forward and backward through one model.
 * @param setting - the stage's `lora`, `precision` and `tokensPerMicroBatch`
 */
export function trainingEstimate(
  size: ModelSize,
  tokens: number,
  setting: {
    readonly lora?: LoraBase | undefined;
    readonly precision: Precision;
    readonly tokensPerMicroBatch?: number | undefined;
  },
  device: string,
): Estimate {
  const { lora } = setting;
  const { parameters, active, layers } = size;
  const numerics = numericsOf(setting.precision, device);
  const { dtype } = numerics;
  const tokensPerPass = microBatchTokens(setting.tokensPerMicroBatch, device);
  return {
    parameters,
    tokens,
    bytes:
      lora === undefined ? parameters * parameterBytes(dtype).trained : frozenBytes(size, dtype, lora.base),
    seconds: estimateSeconds(
      { parameters: active, layers, trained: tokens, tokensPerPass, precision: numerics.precision },
      device,
    ),
    work: { active, trained: tokens },
    basis: memoryBasis(lora, numerics),
  };
}
