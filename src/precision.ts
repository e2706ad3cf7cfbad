/** @file Precisions by the names that settings and options take; models/precision.ts says what each is on a device. */

/** `auto` and the precisions it chooses from, and float32 with products in TF32. */
export const PRECISIONS = ['auto', 'bf16', 'fp32', 'tf32'] as const;

export type Precision = (typeof PRECISIONS)[number];

/** Precisions of a checkpoint that is only read: its linear layers in 8 or 4 bits besides. */
export const READING_PRECISIONS = [...PRECISIONS, 'int8', 'nf4'] as const;

export type ReadingPrecision = (typeof READING_PRECISIONS)[number];

/** Precisions of the weights in a checkpoint. */
export const STORED_PRECISIONS = ['bf16', 'fp32'] as const;

export type StoredPrecision = (typeof STORED_PRECISIONS)[number];

/** What the setting and the option say of themselves. */
export const PRECISION_HELP =
  'Precision of weights and matrix products: auto is bf16 on a GPU of capability 8.0 or more, else fp32; tf32 is fp32 with products in TF32 on a GPU';

/** The same of a checkpoint that is only read. */
export const READING_PRECISION_HELP = `${PRECISION_HELP}; int8 and nf4 hold the weights of linear layers in 8 and 4 bits and compute as auto does`;
