/**
 * @file Definition of an advantage: its name, what it compares a completion with, what it needs, and its function.
 */
import type { OutcomeAdvantage } from './groups.ts';
import { type Advantage, outcome } from './outcome.ts';

interface Described<Name extends string> {
  /** Name in recipes. */
  readonly name: Name;
  /** What a reward is compared with, in a few words, for the listing of settings. */
  readonly about: string;
  /** Whether a completion is compared with others of its own prompt, so that a group of one teaches nothing. */
  readonly groupRelative: boolean;
}

/** An advantage of rewards alone, or with `needs` of step scores too. */
export interface CriticFreeDefinition<Name extends string = string> extends Described<Name> {
  readonly needs?: 'steps';
  readonly compute: Advantage;
}

/** An advantage that takes a critic's values too: the stage computes those, and the advantage from them. */
export interface CriticDefinition<Name extends string = string> extends Described<Name> {
  readonly needs: 'critic';
}

export type AdvantageDefinition = CriticFreeDefinition | CriticDefinition;

/** A definition with the exact type of its name. */
export function defineAdvantage<const Name extends string, Definition extends AdvantageDefinition>(
  definition: Definition & { readonly name: Name },
): Definition & { readonly name: Name } {
  return definition;
}

/** A definition from a rule that compares the completions of one prompt. */
export function defineGroupAdvantage<const Name extends string>(
  name: Name,
  about: string,
  rule: OutcomeAdvantage,
): CriticFreeDefinition<Name> {
  return { name, about, groupRelative: true, compute: outcome(rule) };
}
