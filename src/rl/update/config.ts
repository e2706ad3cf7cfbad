/** @file The optimiser's knobs, as a recipe writes them. */
import { z } from 'zod';

export const optimizerSchema = z.strictObject({
  peak: z.number().positive().describe('Learning rate after warm-up'),
  warmup: z.number().int().min(0).default(0).describe('Optimiser steps of linear warm-up'),
  shape: z.enum(['constant', 'linear', 'cosine']).default('constant').describe('Learning rate after warm-up'),
  floor: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Learning rate at the last step as a share of the peak'),
  betas: z
    .tuple([z.number(), z.number()])
    .default([0.9, 0.95])
    .describe('Decay of the first and second moment'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of the second moment'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay'),
  decay: z.enum(['all', 'matrices']).default('matrices').describe('Which parameters decay'),
  maxGradNorm: z.number().positive().default(1).describe('Gradients are scaled down to this norm'),
});

export type OptimizerConfig = z.output<typeof optimizerSchema>;
