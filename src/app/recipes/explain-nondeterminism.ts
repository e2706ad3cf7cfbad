/** @file Explanation of torch's error for an operator without a deterministic form. */
import { UserError } from '../../errors.ts';

/** An error of torch that names an operator without a deterministic form, explained; others as they are. */
export function explainNondeterminism(error: unknown): unknown {
  const text = error instanceof Error ? error.message : '';
  const operator = /(\S+) does not have a deterministic implementation/.exec(text)?.[1];
  if (operator === undefined) return error;
  return new UserError(
    `deterministic: ${operator} has no deterministic form in this torch on this device`,
    'Set `deterministic` of the recipe to false, use a newer torch, or run on a CPU.',
    { cause: error },
  );
}
