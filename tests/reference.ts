/** @file Reference values that transformers, torch and verl computed (tests/reference), as types. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type LanguageModel, trainableParameters } from '../src/models/index.ts';
import type { CriticFreeName } from '../src/rl/advantage/index.ts';
import type { Aggregation, PolicyConfig } from '../src/rl/loss/index.ts';

export const REFERENCE = path.join(import.meta.dirname, 'reference');

/** Checkpoints there are references for. */
export const MODELS = [
  'qwen2',
  'qwen3',
  'llama3',
  'qwen3-moe',
  'deepseek-v3',
  'qwen2-window-yarn',
  'qwen3-window',
  'qwen3-moe-window',
  'llama-yarn',
  'llama-dynamic',
  'llama-longrope',
  'gpt-oss',
  'gpt-oss-mxfp4',
  'mistral',
  'smollm3',
  'gemma3',
  'olmo2',
  'olmo3',
  'phi3',
  'qwen3-5',
] as const;

/** `expected.json` of a model. */
export interface ModelNumbers {
  readonly loss: number;
  readonly grad_norms: Readonly<Record<string, number>>;
}

/**
 * The norm of each trained parameter's gradient, under the names of `grad_norms`: transformers holds the experts of a layer in
 * two tensors, [experts, gate and up, in] and [experts, out, in].
 */
export function gradientNorms(model: LanguageModel): Map<string, number> {
  const norms = new Map<string, number>();
  for (const [name, parameter] of trainableParameters(model)) {
    const joined = name
      .replace(/(\.experts)\.\d+\.(?:gate|up)_proj\.weight$/, '$1.gate_up_proj')
      .replace(/(\.experts)\.\d+\.down_proj\.weight$/, '$1.down_proj');
    // An expert that no token was sent to has no gradient.
    const norm = parameter.grad?.norm().item() ?? (joined === name ? Number.NaN : 0);
    norms.set(joined, Math.hypot(norms.get(joined) ?? 0, norm));
  }
  return norms;
}

/** Five steps of AdamW on qwen2; a batch is rows of token ids. */
export interface AdamWReference {
  readonly batches: number[][][];
  readonly losses: number[];
  readonly grad_norms_before_clip: number[];
  readonly adamw: {
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    max_grad_norm: number;
  };
}

/** A policy loss of verl; `grad` is with respect to the log-probabilities [sequences][tokens]. */
export interface LossCase {
  readonly loss: number;
  readonly grad: number[][];
  readonly metrics: { readonly 'actor/pg_clipfrac'?: number; readonly 'actor/pg_clipfrac_lower'?: number };
  readonly config: { readonly [name: string]: number };
}

/** verl's advantages and losses over one batch; matrices are [sequences][tokens], 0 on padding. */
export interface RlReference {
  readonly inputs: {
    rewards: number[];
    group: number[];
    mask: number[][];
    values: number[][];
    old_logprobs: number[][];
    logprobs: number[][];
    ref_logprobs: number[][];
  };
  readonly advantages: { readonly grpo: number[][]; readonly [name: string]: number[][] };
  readonly policy_loss: Record<string, LossCase>;
  readonly kl: Record<'k1' | 'k2' | 'k3', { per_token: number[][]; token_mean: number; grad: number[][] }>;
  readonly value_loss: {
    vpreds: number[][];
    returns: number[][];
    loss: number;
    clipfrac: number;
    grad: number[][];
    cliprange: number;
  };
}

/** A JSON file of the reference. */
export function readReference<T>(name: string, dir = REFERENCE): T {
  return JSON.parse(readFileSync(path.join(dir, name), 'utf8')) as T;
}

export const rlReference = (dir?: string): RlReference => readReference('rl-losses.json', dir);

/** Lengths of sequences whose mask is 1 on their tokens. */
export function lengthsOf(mask: readonly number[][]): number[] {
  return mask.map((row) => row.reduce((sum, one) => sum + one, 0));
}

/** Advantages without a critic: verl's name and ours. */
export const ADVANTAGE_NAMES: { readonly [theirs: string]: CriticFreeName } = {
  grpo: 'grpo',
  dr_grpo: 'dr-grpo',
  rloo: 'rloo',
  gpg: 'gpg',
  reinforce_plus_plus: 'reinforce++',
};

type Policy = (config: LossCase['config']) => PolicyConfig;

const surrogate: Policy = (config) => ({
  kind: 'surrogate',
  ratio: 'token',
  clipLow: config.clip_ratio_low ?? config.clip_ratio!,
  clipHigh: config.clip_ratio_high ?? config.clip_ratio!,
  dualClip: config.clip_ratio_c!,
});
const gspo: Policy = (config) => ({
  kind: 'surrogate',
  ratio: 'sequence',
  clipLow: config.clip_ratio_low!,
  clipHigh: config.clip_ratio_high!,
});
const ranged =
  (kind: 'cispo' | 'gmpo'): Policy =>
  (config) => ({ kind, clipLow: config.clip_ratio_low!, clipHigh: config.clip_ratio_high! });

/** Each policy loss of the reference as our settings: verl's name before the slash, its aggregation after. */
export const POLICY_CASES: readonly (readonly [name: string, policy: Policy])[] = [
  ['ppo_clip/token-mean', surrogate],
  ['ppo_clip/seq-mean-token-mean', surrogate],
  ['ppo_clip/seq-mean-token-sum', surrogate],
  ['ppo_clip/seq-mean-token-sum-norm', surrogate],
  ['ppo_clip_higher/token-mean', surrogate],
  ['dual_clip/token-mean', surrogate],
  ['gspo/seq-mean-token-mean', gspo],
  ['gspo_wide/seq-mean-token-mean', gspo],
  ['cispo/token-mean', ranged('cispo')],
  ['gmpo', ranged('gmpo')],
  ['gpg/token-mean', () => ({ kind: 'policy-gradient' })],
  [
    'sapo/seq-mean-token-mean',
    ({ tau_pos, tau_neg }) => ({
      kind: 'sapo',
      temperaturePositive: tau_pos!,
      temperatureNegative: tau_neg!,
    }),
  ],
];

/** The aggregation of a policy loss; verl's `seq-mean-token-sum-norm` divides by the longest length. */
export function aggregationOf(name: string): Aggregation {
  const written = name.split('/')[1] ?? 'seq-mean-token-mean';
  return written === 'seq-mean-token-sum-norm' ? 'constant' : (written as Aggregation);
}
