/**
 * @file The rotary settings of config.json, in either style.
 *
 * transformers 5 writes one object `rope_parameters`; before it there were `rope_theta` and `rope_scaling`, which every
 * version reads and which is therefore what is written here.
 */
import { z } from 'zod';
import type { Json } from '../records.ts';
import { describeIssue } from './expectation.ts';
import type { RopeConfig } from './layers/index.ts';

const positive = z.number().positive();

/** The object of either style: `rope_parameters` with the base, `rope_scaling` without. */
export const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  /** The name of `rope_type` in old files. */
  type: z.string().optional(),
  rope_theta: positive.optional(),
});

export type RopeFile = z.output<typeof ropeSchema>;

const scalings = {
  default: z.object({}).transform(() => ({ type: 'default' as const })),
  linear: z.object({ factor: positive }).transform(({ factor }) => ({ type: 'linear' as const, factor })),
  llama3: z
    .object({
      factor: positive,
      low_freq_factor: positive,
      high_freq_factor: positive,
      original_max_position_embeddings: positive,
    })
    .refine((file) => file.low_freq_factor < file.high_freq_factor, {
      message: 'low_freq_factor must be below high_freq_factor',
    })
    .transform((file) => ({
      type: 'llama3' as const,
      factor: file.factor,
      lowFreqFactor: file.low_freq_factor,
      highFreqFactor: file.high_freq_factor,
      originalMaxPositions: file.original_max_position_embeddings,
    })),
};

/** What is wrong with rotary settings, and at which key. */
export class RopeProblem extends Error {}

/**
 * @param key - where `file` stands in config.json, for messages
 * @throws RopeProblem where the type is unknown or its settings are incomplete
 */
export function parseRope(file: RopeFile, theta: number, key: string): RopeConfig {
  const type = file.rope_type ?? file.type ?? 'default';
  if (!Object.hasOwn(scalings, type)) {
    const known = Object.keys(scalings).join(', ');
    throw new RopeProblem(`${key}: rope type "${type}" is not supported (known: ${known})`);
  }
  const partial = file.partial_rotary_factor;
  if (partial !== undefined && partial !== 1) {
    throw new RopeProblem(
      `${key}.partial_rotary_factor: ${JSON.stringify(partial)} is not supported (only 1)`,
    );
  }
  const parsed = scalings[type as keyof typeof scalings].safeParse(file);
  if (parsed.success) return { theta, ...parsed.data };
  const issue = parsed.error.issues[0]!;
  const inside = issue.path.length > 0 ? `.${describeIssue(issue, file)}` : `: ${issue.message}`;
  throw new RopeProblem(key + inside);
}

/** The keys of config.json, old style. */
export function ropeKeys(rope: RopeConfig): { readonly [key: string]: Json } {
  const base = { rope_theta: rope.theta };
  switch (rope.type) {
    case 'default':
      return { ...base, rope_scaling: null };
    case 'linear':
      // Before `rope_type` the key was `type`; readers of that time know no other.
      return { ...base, rope_scaling: { rope_type: 'linear', type: 'linear', factor: rope.factor } };
    case 'llama3':
      return {
        ...base,
        rope_scaling: {
          rope_type: 'llama3',
          factor: rope.factor,
          low_freq_factor: rope.lowFreqFactor,
          high_freq_factor: rope.highFreqFactor,
          original_max_position_embeddings: rope.originalMaxPositions,
        },
      };
  }
}
