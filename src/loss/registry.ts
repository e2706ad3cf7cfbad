/**
 * @file The policy losses by name. A new one is one file, its test, and one line in `policySchema` and in `LOSSES`.
 */
import { z } from 'zod';
import { cispo, cispoSchema } from './cispo.ts';
import { gmpo, gmpoSchema } from './gmpo.ts';
import { policyGradient, policyGradientSchema } from './policy-gradient.ts';
import { sapo, sapoSchema } from './sapo.ts';
import { clippedSurrogate, surrogateSchema } from './surrogate.ts';
import type { TokenLoss, TokenLossInput } from './token-loss.ts';

/** A recipe's `loss.policy`. */
export const policySchema = z.discriminatedUnion('kind', [
  surrogateSchema,
  cispoSchema,
  gmpoSchema,
  sapoSchema,
  policyGradientSchema,
]);

export type PolicyConfig = z.output<typeof policySchema>;
export type PolicyKind = PolicyConfig['kind'];

const LOSSES: {
  readonly [Kind in PolicyKind]: (
    input: TokenLossInput,
    options: Extract<PolicyConfig, { kind: Kind }>,
  ) => TokenLoss;
} = {
  surrogate: clippedSurrogate,
  cispo,
  gmpo,
  sapo,
  'policy-gradient': policyGradient,
};

/** The loss a recipe names, per token. */
export function tokenLoss(input: TokenLossInput, config: PolicyConfig): TokenLoss {
  const loss = LOSSES[config.kind] as (input: TokenLossInput, options: PolicyConfig) => TokenLoss;
  return loss(input, config);
}

/** True where the loss is of whole sequences, so that `seq-mean-token-mean` is the aggregation it is defined with. */
export function isSequenceLoss(config: PolicyConfig): boolean {
  return config.kind === 'gmpo' || (config.kind === 'surrogate' && config.ratio === 'sequence');
}
