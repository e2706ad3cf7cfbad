/**
 * @file The data of supervised fine-tuning: its settings, the optimiser steps cut from it, and what they will cost.
 */
import { z } from 'zod';
import {
  type Batches,
  ExampleEncoder,
  measureExamples,
  openSequences,
  packedBatches,
  paddedBatches,
  sftDataSchema,
} from '../../data/index.ts';
import { UsageError } from '../../errors.ts';
import {
  microBatchTokens,
  templateSchema,
  thinkingSchema,
  tokensPerMicroBatchSchema,
} from '../../rl/settings.ts';
import type { Assumed, StageContext, Watcher } from '../../run/stage.ts';
import type { Tokenizer } from '../../text/index.ts';

const count = z.number().int().positive();

export const sftDataSettings = {
  data: sftDataSchema,
  template: templateSchema.default('chat'),
  thinking: thinkingSchema,
  epochs: z.number().positive().optional().describe('Passes over the data, which must be finite'),
  steps: count.optional().describe('Optimiser steps, in place of epochs'),
  batchSize: count.default(32).describe('Examples in an optimiser step; unused with packing'),
  packing: z
    .strictObject({
      rowLength: count.default(4096).describe('Tokens in a packed row'),
      rowsPerStep: count.default(8).describe('Rows in an optimiser step'),
    })
    .optional()
    .describe('Several examples to a row; a step is counted in rows'),
  maxLength: count
    .optional()
    .describe('Longest example in tokens; unless given, what a row and the model’s context hold'),
  overlong: z
    .enum(['drop', 'truncate'])
    .default('drop')
    .describe('Longer examples: left out, or cut at the end'),
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
};

const settings = z.strictObject(sftDataSettings);
type SftDataConfig = z.output<typeof settings>;

/** How long training goes on must be said once. */
export function hasOneLength({ epochs, steps }: Pick<SftDataConfig, 'epochs' | 'steps'>): boolean {
  return (epochs === undefined) !== (steps === undefined);
}

/** The optimiser steps of the stage. */
export interface SftData {
  readonly batches: Batches;
  /** Optimiser steps in all. */
  readonly steps: number;
  /** Examples in an epoch, or null where they are generated without end. */
  readonly size: number | null;
  readonly encoder: ExampleEncoder;
  /** Tokens of an example, the mean of the first ones. */
  readonly meanLength: number;
}

export interface SftDataContext {
  readonly seed: number;
  readonly resolve: StageContext['resolve'];
  readonly tokenizer: Tokenizer;
  /** The model's longest context, tokens. */
  readonly maxPositions: number;
  readonly device: string;
}

/** Examples whose mean length stands for all, where they are generated. */
const SAMPLE = 256;

/**
 * Reads and encodes the data and counts the steps.
 * @throws UserError naming the file and line that cannot be used; UsageError where settings contradict one another
 */
export async function openSftData(config: SftDataConfig, context: SftDataContext): Promise<SftData> {
  const { seed, resolve, tokenizer } = context;
  const encoder = openEncoder(config, context);
  const sequences = await openSequences(config.data, { seed, resolve, encoder });
  const { size } = sequences;
  const start = sequences.cursor();
  const sample = sequences.next(Math.min(size ?? SAMPLE, SAMPLE));
  sequences.seek(start);
  const limit = config.steps === undefined ? Math.ceil(config.epochs! * finite(size)) : Infinity;
  const tokensPerMicroBatch = microBatchTokens(config.tokensPerMicroBatch, context.device);
  const micro = { tokensPerMicroBatch, padToken: tokenizer.padId ?? 0 };
  const batches =
    config.packing === undefined
      ? paddedBatches(sequences, limit, { ...micro, batchSize: config.batchSize })
      : packedBatches(sequences, limit, { ...micro, ...config.packing });
  return {
    batches,
    size,
    encoder,
    steps: config.steps ?? batches.count(),
    meanLength: sample.reduce((sum, { tokens }) => sum + tokens.length, 0) / sample.length,
  };
}

function openEncoder(
  config: SftDataConfig,
  { tokenizer, maxPositions }: Pick<SftDataContext, 'tokenizer' | 'maxPositions'>,
): ExampleEncoder {
  const { template, thinking, overlong } = config;
  return new ExampleEncoder({
    tokenizer,
    template,
    thinking,
    overlong,
    maxLength: longest(config, maxPositions),
  });
}

/**
 * Goes through the data, none of it kept, for an estimate.
 * @throws as `openSftData` does
 */
export async function measureSftData(
  config: SftDataConfig,
  context: Omit<SftDataContext, 'device'>,
): Promise<Pick<SftData, 'size' | 'steps' | 'meanLength'>> {
  const { seed, resolve } = context;
  const encoder = openEncoder(config, context);
  const { size, meanLength } = await measureExamples(config.data, { seed, resolve, encoder });
  return {
    size,
    meanLength,
    steps: config.steps ?? Math.ceil((config.epochs! * finite(size)) / config.batchSize),
  };
}

function finite(size: number | null): number {
  if (size !== null) return size;
  throw new UsageError(
    'data: epochs are asked for, but some of the examples are generated without end',
    'Give each generated source a count, or give steps in place of epochs.',
  );
}

function longest({ maxLength, packing }: SftDataConfig, maxPositions: number): number {
  const room = Math.min(packing?.rowLength ?? maxPositions, maxPositions);
  if (maxLength === undefined || maxLength <= room) return maxLength ?? room;
  throw new UsageError(
    `maxLength: ${maxLength}, but ${room < maxPositions ? 'a packed row' : 'the model’s context'} holds ${room} tokens`,
    'Lower maxLength, or raise packing.rowLength up to the model’s context.',
  );
}

/** Tokens that will be trained on, prompts included. */
export function expectedTokens(
  config: SftDataConfig,
  { meanLength, steps, size }: Pick<SftData, 'size' | 'steps' | 'meanLength'>,
): number {
  if (config.epochs !== undefined && size !== null) return Math.round(config.epochs * size * meanLength);
  const { packing, batchSize } = config;
  return Math.round(steps * (packing ? packing.rowsPerStep * packing.rowLength : batchSize * meanLength));
}

/** Entries of a recipe's `data`, as far as their size is concerned. */
interface StatedData {
  readonly data: readonly {
    readonly source: string;
    readonly path?: string;
    readonly count?: number | undefined;
  }[];
  readonly epochs?: number | undefined;
}

/** Examples and tokens of all epochs, by the sizes a recipe states; undefined unless it states that of every entry. */
export function statedSize(
  { data, epochs }: StatedData,
  assumed: Assumed | undefined,
): { readonly examples: number; readonly tokens: number } | undefined {
  if (epochs === undefined) return undefined;
  const sum = { examples: 0, tokens: 0 };
  for (const entry of data) {
    const size = entry.path === undefined ? undefined : assumed?.data(entry.path);
    if (size === undefined) return undefined;
    const examples = entry.count ?? size.examples;
    sum.examples += epochs * examples;
    sum.tokens += epochs * examples * size.tokens;
  }
  return sum;
}

/** Says how many examples were too long, and warns where they are many. */
export function reportOverlong(encoder: ExampleEncoder, watcher: Watcher): void {
  const { sequences, overlong, untrained, options } = encoder;
  if (overlong === 0) return;
  const dropped = options.overlong === 'drop' ? overlong : untrained;
  const text =
    `${overlong} of ${sequences} examples are longer than ${options.maxLength} tokens: ` +
    `${dropped} left out, ${overlong - dropped} cut (maxLength, overlong)`;
  if (overlong > 0.1 * sequences) watcher.warn('overlong', text);
  else watcher.note(text);
}
