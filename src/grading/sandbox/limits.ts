/**
 * @file Limits of one run of a program. Every limit holds for one case, in a context of its own.
 */
import { z } from 'zod';

/** Settings of the limits, each with its default. */
export const limitsSchema = z.strictObject({
  timeMs: z.number().int().min(50).default(6000).describe('Wall-clock time of one case, ms'),
  memoryMb: z.number().int().min(32).max(2048).default(512).describe('Memory of one process, MB'),
  outputKb: z
    .number()
    .int()
    .min(1)
    .max(131_072)
    .default(1024)
    .describe('Output of one case, stderr included, KB'),
  filesMb: z
    .number()
    .int()
    .min(1)
    .default(16)
    .describe('Files a Python program may write in its own directory, MB'),
  processes: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Processes of a Python program at one time; 1 forbids starting another'),
});

export type Limits = z.output<typeof limitsSchema>;

/** The limits where nothing else is said. */
export const DEFAULT_LIMITS: Limits = limitsSchema.parse({});
