/**
 * @file List of the advantages. A new one is its function and definition, its test, and one line in `DEFINITIONS`.
 */
import { z } from 'zod';
import type { Advantage, AdvantageDefinition, CriticFreeDefinition } from './definition.ts';
import { gaeAdvantage } from './gae.ts';
import { drGrpoAdvantage, gpgAdvantage, grpoAdvantage, litePpoAdvantage, rlooAdvantage } from './groups.ts';
import { processAdvantage } from './process.ts';
import { reinforceAdvantage } from './reinforce.ts';

const DEFINITIONS = [
  grpoAdvantage,
  drGrpoAdvantage,
  rlooAdvantage,
  litePpoAdvantage,
  gpgAdvantage,
  reinforceAdvantage,
  processAdvantage,
  gaeAdvantage,
] as const satisfies readonly AdvantageDefinition[];

type Known = (typeof DEFINITIONS)[number];
export type AdvantageName = Known['name'];

/** Those that need no critic. */
export type CriticFreeName = Extract<Known, CriticFreeDefinition>['name'];

/** A recipe's `advantage`. */
export const advantageSchema = z
  .enum(DEFINITIONS.map(({ name }) => name))
  .describe(DEFINITIONS.map(({ name, about }) => `${name}: ${about}`).join('; '));

/** Each advantage that needs no critic, by the name a recipe uses. */
export const ADVANTAGES = Object.fromEntries(
  DEFINITIONS.flatMap((definition) =>
    'compute' in definition ? [[definition.name, definition.compute]] : [],
  ),
) as { readonly [name in CriticFreeName]: Advantage };

function definitionOf(name: AdvantageName): AdvantageDefinition {
  return DEFINITIONS.find((definition) => definition.name === name)!;
}

/** True where a completion is compared with others of its own prompt, so that a group of one teaches nothing. */
export function isGroupRelative(name: AdvantageName): boolean {
  return definitionOf(name).groupRelative;
}

/** What an advantage needs beside rewards: scores of steps, or a critic; undefined for nothing. */
export function advantageNeeds(name: AdvantageName): AdvantageDefinition['needs'] {
  return definitionOf(name).needs;
}
