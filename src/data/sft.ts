/**
 * @file Training data of supervised fine-tuning: files and the small world's demonstrations, mixed.
 *
 * A recipe lists `{ source: 'file', path: …, weight?, count? }`. Where every entry is finite and none has a weight they
 * form one set, and an epoch sees each example once, in an order decided by seed and epoch. With weights, or with an
 * entry generated without end, examples are drawn from the entries in these proportions.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { TokenSequence } from '../text/index.ts';
import {
  coldStart,
  coldStartSchema,
  type Demonstration,
  generalDemonstrations,
  generalRepliesSchema,
} from '../world/chain/index.ts';
import { mixture } from './mixture.ts';
import { requireCount } from './require-count.ts';
import type { ExampleEncoder } from './sft-encode.ts';
import { type Example, readExamples, sftFileSchema } from './sft-examples.ts';
import { epochs, mapSource, type Source, type Stream } from './source.ts';
import type { Resolve } from './tasks.ts';

const weight = z
  .number()
  .positive()
  .optional()
  .describe('Share of examples, relative to the other entries; 1 where only others have one');
const count = (what: string) => z.number().int().positive().optional().describe(what);
const generated = count('Number of distinct examples; without it they are generated without end');

const ofFile = { count: count('Rows taken, drawn by seed; all unless given'), weight };

/** One entry of a recipe's `data`. */
export const examplesSchema = z.discriminatedUnion('source', [
  sftFileSchema.safeExtend({ source: z.literal('file'), ...ofFile }),
  // The former name of `file`, from when that read one format.
  sftFileSchema.safeExtend({ source: z.literal('jsonl'), ...ofFile }),
  coldStartSchema.safeExtend({ source: z.literal('cold-start'), count: generated, weight }),
  generalRepliesSchema.safeExtend({ source: z.literal('general'), count: generated, weight }),
]);

/** A recipe's `data`: one or more sources of examples. */
export const sftDataSchema = z.array(examplesSchema).min(1).describe('Examples to imitate');

export type ExamplesConfig = z.output<typeof examplesSchema>;

type GeneratedExamples = Exclude<ExamplesConfig, { path: string }>;

export interface SftDataOptions {
  readonly seed: number;
  readonly resolve: Resolve;
  readonly encoder: ExampleEncoder;
}

/** What an entry opens to: all of its sequences, or a stream of them. */
type Opened = { readonly weight: number | undefined } & (
  | { readonly sequences: readonly TokenSequence[] }
  | { readonly stream: Stream<TokenSequence> }
);

/**
 * The token sequences of all entries. Finite entries are read and encoded now.
 * @throws UserError naming the file and line that cannot be used, or the entry of which nothing is short enough
 */
export async function openSequences(
  configs: readonly ExamplesConfig[],
  options: SftDataOptions,
): Promise<Stream<TokenSequence>> {
  const entries: { entry: Opened; seed: number; name: string }[] = [];
  // One after another: the encoder counts what it met, and two files at once would need the memory of both.
  for (const [i, config] of configs.entries()) {
    const seed = Random.derive(options.seed, 'examples', i).int(0, 2 ** 32 - 1);
    entries.push({ entry: await open(config, seed, options), seed, name: nameOf(config) });
  }
  const sets = entries.flatMap(({ entry }) =>
    'sequences' in entry && entry.weight === undefined ? [entry.sequences] : [],
  );
  if (sets.length === entries.length) return epochs(sets.flat(), options.seed, 'data');
  return mixture(
    entries.map(({ entry, seed, name }) => ({
      source: 'stream' in entry ? entry.stream : epochs(entry.sequences, seed, name),
      weight: entry.weight ?? 1,
    })),
  );
}

/** The entry in messages. */
export function nameOf(config: ExamplesConfig): string {
  return 'path' in config ? config.path : config.source;
}

async function open(
  config: ExamplesConfig,
  seed: number,
  { resolve, encoder }: SftDataOptions,
): Promise<Opened> {
  if ('path' in config) {
    const examples = chosen(await readExamples({ ...config, path: resolve(config.path) }), config, seed);
    return { sequences: encodeAll(examples, config, encoder), weight: config.weight };
  }
  const source = generatedExamples(config, seed);
  if (config.count === undefined) {
    return { stream: generatedStream(source, encoder), weight: config.weight };
  }
  const examples = Array.from({ length: config.count }, () => source.next()!);
  return { sequences: encodeAll(examples, config, encoder), weight: config.weight };
}

/** The endless examples of an entry that is generated. */
export function generatedExamples(config: GeneratedExamples, seed: number): Source<Example> {
  const source =
    config.source === 'cold-start'
      ? coldStart({ ...config, seed })
      : generalDemonstrations({ ...config, seed });
  return mapSource(
    source,
    ({ prompt, response }: Demonstration): Example => ({
      prompt: prompt.text,
      response,
      place: prompt.id,
    }),
  );
}

/** `count` of the examples, a random choice; all where no count is given. */
function chosen(examples: readonly Example[], config: ExamplesConfig, seed: number): readonly Example[] {
  requireCount(nameOf(config), config.count, examples.length, 'examples');
  if (config.count === undefined) return examples;
  return Random.derive(seed, 'count').shuffle(examples).slice(0, config.count);
}

function encodeAll(
  examples: readonly Example[],
  config: ExamplesConfig,
  encoder: ExampleEncoder,
): TokenSequence[] {
  const sequences = examples.flatMap((example) => encoder.encode(example));
  if (sequences.length === 0) throw noneFits(nameOf(config), examples.length, encoder);
  return sequences;
}

/** The error for an entry whose examples are all too long. */
export function noneFits(name: string, examples: number, { options }: ExampleEncoder): UserError {
  return new UserError(
    `${name}: none of the ${examples} examples fits ${options.maxLength} tokens`,
    'Raise maxLength (rowLength where rows are packed).',
  );
}

/** Examples dropped in a row after which a generated source counts as too long. */
const PATIENCE = 1_000;

function generatedStream(source: Source<Example>, encoder: ExampleEncoder): Stream<TokenSequence> {
  const next = (): TokenSequence => {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const [sequence] = encoder.encode(source.next()!);
      if (sequence !== undefined) return sequence;
    }
    throw new UserError(
      `the last ${PATIENCE} generated examples are all longer than ${encoder.options.maxLength} tokens`,
      'Raise maxLength (rowLength where rows are packed).',
    );
  };
  return {
    size: null,
    next: (wanted) => Array.from({ length: wanted }, next),
    cursor: () => source.cursor(),
    seek: (cursor) => source.seek(cursor),
  };
}
