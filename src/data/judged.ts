/**
 * @file Data of reward models: pairs of replies of which one is preferred, and single responses called safe or not.
 *
 * From a file of yours, `{"prompt": "…", "chosen": "…", "rejected": "…"}` and `{"prompt": "…", "response": "…", "safe": true}`
 * (or `"label": 1`), or from the small world's judges. Field names are settings; other fields are ignored. Leaves out
 * conversations of several turns.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Json } from '../records.ts';
import { worldPairs, worldPairsSchema, worldSafety, worldSafetySchema } from '../world/chain/index.ts';
import { streamRows } from './files/read-rows.ts';
import { missingField, type Row, textIn } from './files/row.ts';
import { requireCount } from './require-count.ts';
import type { Resolve } from './tasks.ts';

const count = z.number().int().positive();
const field = (fallback: string, what: string) =>
  z.string().min(1).default(fallback).describe(`Field that holds ${what}`);

const judgedFileSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('JSONL, CSV or Parquet file with a pair, or a judged response, in each row'),
  count: count.optional().describe('Rows taken, drawn by seed; all unless given'),
  promptField: field('prompt', 'the prompt'),
  chosenField: field('chosen', 'the better reply of a pair'),
  rejectedField: field('rejected', 'the worse reply of a pair'),
  responseField: field('response', 'a judged response'),
  labelField: z
    .string()
    .min(1)
    .optional()
    .describe('Field that says whether it is safe; `safe`, else `label`, unless given'),
});

/** One entry of a reward model's `data`. */
export const judgedSchema = z.discriminatedUnion('source', [
  judgedFileSchema.safeExtend({ source: z.literal('file') }),
  // The former name of `file`, from when that read one format.
  judgedFileSchema.safeExtend({ source: z.literal('jsonl') }),
  worldPairsSchema.safeExtend({ source: z.literal('world-pairs'), count: count.describe('Pairs') }),
  worldSafetySchema.safeExtend({ source: z.literal('world-safety'), count: count.describe('Judgements') }),
]);

export type JudgedConfig = z.output<typeof judgedSchema>;

/** A judgement of one prompt: of the first response it is that it is the better one, or good, unless it says otherwise. */
export interface Judged {
  readonly prompt: string;
  /** The chosen reply and the rejected one, or the one response that was judged. */
  readonly responses: readonly [string, string] | readonly [string];
  /** What a single response was called; true for a pair. */
  readonly good: boolean;
  /** Where it is from, for messages. */
  readonly place: string;
}

/** What is judged: pairs, or single responses. */
export type JudgedKind = 'pairwise' | 'pointwise';

/** Sources that hold judgements of one kind. */
export const JUDGED_SOURCES: { readonly [kind in JudgedKind]: readonly JudgedConfig['source'][] } = {
  pairwise: ['file', 'jsonl', 'world-pairs'],
  pointwise: ['file', 'jsonl', 'world-safety'],
};

/**
 * The judgements of all entries, in their order.
 * @throws UserError naming file and line for whatever cannot be used
 */
export async function readJudged(
  configs: readonly JudgedConfig[],
  kind: JudgedKind,
  { seed, resolve }: { readonly seed: number; readonly resolve: Resolve },
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const [i, config] of configs.entries()) {
    const own = Random.derive(seed, 'judged', i).int(0, 2 ** 32 - 1);
    const read =
      'path' in config
        ? await readFile({ ...config, path: resolve(config.path) }, kind, own)
        : generate(config, own);
    for (const one of read) judged.push(one);
  }
  return judged;
}

function generate(config: Exclude<JudgedConfig, { source: 'file' | 'jsonl' }>, seed: number): Judged[] {
  if (config.source === 'world-pairs') {
    return firstOf(worldPairs({ ...config, seed }), config.count).map(({ prompt, chosen, rejected }) => ({
      prompt: prompt.text,
      responses: [chosen, rejected],
      good: true,
      place: prompt.id,
    }));
  }
  return firstOf(worldSafety({ ...config, seed }), config.count).map(({ prompt, response, safe }) => ({
    prompt: prompt.text,
    responses: [response],
    good: safe,
    place: prompt.id,
  }));
}

function firstOf<T>(source: { next(): T | null }, wanted: number): T[] {
  return Array.from({ length: wanted }, () => source.next()!);
}

type FileConfig = Extract<JudgedConfig, { source: 'file' | 'jsonl' }>;

async function readFile(config: FileConfig, kind: JudgedKind, seed: number): Promise<Judged[]> {
  const { path, count: wanted } = config;
  const all: Judged[] = [];
  await eachJudged(config, kind, (judged) => all.push(judged));
  requireCount(path, wanted, all.length, 'lines');
  return wanted === undefined ? all : Random.derive(seed, 'count').shuffle(all).slice(0, wanted);
}

/**
 * Reads the judgements of a file one by one, none of them kept.
 * @returns their number
 * @throws UserError naming file and row for whatever cannot be used, and for a file without judgements
 */
export async function eachJudged(
  config: FileConfig,
  kind: JudgedKind,
  take: (judged: Judged) => void,
): Promise<number> {
  const read = kind === 'pairwise' ? pairOf : judgementOf;
  let rows = 0;
  for await (const row of streamRows(config.path)) {
    rows += 1;
    take(read(row, config));
  }
  if (rows > 0) return rows;
  throw new UserError(`${config.path}: no judgements in this file`, 'Write a judgement in each row.');
}

function pairOf(line: Row, { promptField, chosenField, rejectedField }: FileConfig): Judged {
  const { place } = line;
  const prompt = textIn(line, promptField, 'promptField');
  const chosen = textIn(line, chosenField, 'chosenField');
  const rejected = textIn(line, rejectedField, 'rejectedField');
  if (chosen !== rejected) return { prompt, responses: [chosen, rejected], good: true, place };
  throw new UserError(
    `${place}: the chosen reply and the rejected one are the same`,
    'Leave out pairs that nothing can be learnt from.',
  );
}

function judgementOf(line: Row, { promptField, responseField, labelField }: FileConfig): Judged {
  const { fields, place } = line;
  const named = labelField ?? ['safe', 'label'].find((name) => Object.hasOwn(fields, name));
  if (named === undefined) throw missingField(fields, 'safe" or "label', place, 'labelField');
  if (!Object.hasOwn(fields, named)) throw missingField(fields, named, place, 'labelField');
  const prompt = textIn(line, promptField, 'promptField');
  const response = textIn(line, responseField, 'responseField');
  return { prompt, responses: [response], good: labelOf(fields[named]!, named, place), place };
}

const LABELS = new Map<Json, boolean>([
  [true, true],
  [1, true],
  ['safe', true],
  [false, false],
  [0, false],
  ['unsafe', false],
]);

function labelOf(value: Json, name: string, place: string): boolean {
  const label = LABELS.get(value);
  if (label !== undefined) return label;
  throw new UserError(
    `${place}: field "${name}" is ${JSON.stringify(value)}, which is no judgement`,
    'Write true, 1 or "safe", or false, 0 or "unsafe".',
  );
}
