/**
 * @file List of the policy losses. A new one is one file, its test, and one line in `LOSSES`.
 */
import { z } from 'zod';
import { cispo } from './cispo.ts';
import { gmpo } from './gmpo.ts';
import { policyGradient } from './policy-gradient.ts';
import { sapo } from './sapo.ts';
import { surrogate } from './terms.ts';
import type { PolicyLossDefinition, TokenLoss, TokenLossInput } from './token-loss.ts';

const LOSSES = [
  surrogate,
  cispo,
  gmpo,
  sapo,
  policyGradient,
] as const satisfies readonly PolicyLossDefinition[];

type SchemasOf<Losses extends readonly PolicyLossDefinition[]> = {
  readonly [I in keyof Losses]: Losses[I]['schema'];
};

/** A recipe's `loss.policy`. */
export const policySchema = z.discriminatedUnion(
  'kind',
  LOSSES.map(({ schema }) => schema) as unknown as SchemasOf<typeof LOSSES>,
);

export type PolicyConfig = z.output<typeof policySchema>;

const BY_KIND = new Map<string, PolicyLossDefinition>(
  LOSSES.map((loss: PolicyLossDefinition) => [loss.schema.shape.kind.value, loss]),
);

/** The loss a recipe names, per token. */
export function tokenLoss(input: TokenLossInput, config: PolicyConfig): TokenLoss {
  return BY_KIND.get(config.kind)!.compute(input, config);
}

/** True where the loss is of whole sequences, so that `seq-mean-token-mean` is the aggregation it is defined with. */
export function isSequenceLoss(config: PolicyConfig): boolean {
  return BY_KIND.get(config.kind)!.perSequence(config);
}
