/**
 * @file What training and sampling cost, for `--dry-run`: floating-point operations over a rate for the device.
 *
 * A forward pass takes about 2 N operations a token and a backward pass twice that (Kaplan et al. 2020, §2.1). The
 * rates are round figures for models of a few million to a few hundred million parameters, not promises: small models
 * are bound by the cost of calls, sampling by reading the cache.
 */
import { threads } from '../tensor/index.ts';

const RATES = {
  /** Per thread: AVX2 matrix products of a server core, float32. */
  cpu: { training: 20e9, sampling: 5e9 },
  /** One data-centre GPU, float32. */
  cuda: { training: 20e12, sampling: 1e12 },
} as const;

export interface Work {
  readonly parameters: number;
  /** Tokens that take a forward and a backward pass. */
  readonly trained?: number;
  /** Tokens sampled one after another. */
  readonly sampled?: number;
}

/** Seconds the work takes on a device, roughly. */
export function estimateSeconds({ parameters, trained = 0, sampled = 0 }: Work, device: string): number {
  const cpu = device === 'cpu';
  const rate = cpu ? RATES.cpu : RATES.cuda;
  const lanes = cpu ? threads() : 1;
  return (
    (6 * parameters * trained) / (rate.training * lanes) +
    (2 * parameters * sampled) / (rate.sampling * lanes)
  );
}
