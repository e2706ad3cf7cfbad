/**
 * @file The advantages by name. A new one is one file, its test, and one line here.
 */
import { z } from 'zod';
import { drGrpo } from './dr-grpo.ts';
import type { Advantage } from './groups.ts';
import { grpo } from './grpo.ts';
import { rloo } from './rloo.ts';

const NAMES = ['grpo', 'dr_grpo', 'rloo'] as const;
export type AdvantageName = (typeof NAMES)[number];

/** A recipe's `advantage`. */
export const advantageSchema = z
  .enum(NAMES)
  .describe('grpo: group mean and std; dr_grpo: group mean; rloo: mean of the other completions');

/** Each advantage by the name a recipe uses. */
export const ADVANTAGES: { readonly [name in AdvantageName]: Advantage } = { grpo, dr_grpo: drGrpo, rloo };
