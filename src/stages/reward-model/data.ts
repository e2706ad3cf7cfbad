/**
 * @file The data of a reward model: judgements read, encoded, balanced, and split so that no prompt is on both sides.
 */
import { z } from 'zod';
import {
  balanced,
  epochs,
  JUDGED_SOURCES,
  type Judged,
  judgedSchema,
  readJudged,
  type Stream,
} from '../../data/index.ts';
import { UserError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { readingOf, readsSchema } from '../../rl/reward/index.ts';
import { templateSchema } from '../../rl/settings.ts';
import type { StageContext } from '../../run/stage.ts';
import { readResponse, type Tokenizer } from '../../text/index.ts';

const count = z.number().int().positive();

export const rewardModelDataSettings = {
  kind: z
    .enum(['pairwise', 'pointwise'])
    .describe('Learns from pairs of which one is preferred, or from responses called safe or not'),
  data: z.array(judgedSchema).min(1).describe('Judgements to learn from'),
  reads: readsSchema,
  template: templateSchema.default('chat'),
  heldOut: z
    .number()
    .min(0)
    .default(0.1)
    .describe(
      'Judgements kept for evaluation with all others of their prompts: a share below 1, or a number',
    ),
  balanceLengths: z
    .boolean()
    .default(false)
    .describe('Leave out pairs until chosen and rejected replies are as long on average'),
  maxLength: count
    .optional()
    .describe('Longest prompt and reply in tokens, others are left out; what the model holds unless given'),
};

const settings = z.strictObject(rewardModelDataSettings);
export type RewardModelDataConfig = z.output<typeof settings>;

/** A path that is wrong, and why, for each entry whose source holds judgements of another kind. */
export function sourceProblems({ kind, data }: Pick<RewardModelDataConfig, 'kind' | 'data'>) {
  return data.flatMap(({ source }, i) =>
    JUDGED_SOURCES[kind].includes(source)
      ? []
      : [{ path: ['data', i, 'source'], message: `"${source}" holds no judgements for the kind "${kind}"` }],
  );
}

/** A judgement as a model reads it. */
export interface JudgedItem {
  /** The chosen and the rejected reply, or the one response; each with its prompt before it. */
  readonly sequences: readonly Int32Array[];
  /** What a single response was called; true for a pair. */
  readonly good: boolean;
}

/** Judgements that were left out, and why. */
export interface LeftOut {
  /** Longer than allowed. */
  readonly overlong: number;
  /** A reply has no answer, where answers are read; or both of a pair read the same. */
  readonly unreadable: number;
  readonly unbalanced: number;
}

export interface RewardModelData {
  /** Judgements to train on, shuffled anew each epoch. */
  readonly train: Stream<JudgedItem>;
  /** Their number. */
  readonly size: number;
  readonly heldOut: readonly JudgedItem[];
  readonly leftOut: LeftOut;
  /** Tokens of a judgement, mean. */
  readonly meanTokens: number;
  /** Tokens of the first and, in pairs, of the second reply with their prompts, means. */
  readonly meanLengths: readonly number[];
}

export interface DataContext {
  readonly seed: number;
  readonly resolve: StageContext['resolve'];
  readonly tokenizer: Tokenizer;
  /** The model's longest context, tokens. */
  readonly maxPositions: number;
}

/** @throws UserError naming file and line of what cannot be used; where nothing is left to train or evaluate on */
export async function openJudged(
  config: RewardModelDataConfig,
  context: DataContext,
): Promise<RewardModelData> {
  const { seed } = context;
  const judged = await readJudged(config.data, config.kind, context);
  const encoded = encode(judged, config, context);
  const items = config.balanceLengths ? balance(encoded.items, seed) : encoded.items;
  const { train, heldOut } = split(items, config.heldOut, seed);
  const lengths = items.map(({ item }) => item.sequences.map(({ length }) => length));
  const meanLengths = (lengths[0] ?? []).map((_, i) => mean(lengths.map((one) => one[i]!)));
  return {
    train: epochs(train, seed, 'data'),
    size: train.length,
    heldOut,
    leftOut: { ...encoded.leftOut, unbalanced: encoded.items.length - items.length },
    meanLengths,
    meanTokens: meanLengths.reduce((sum, length) => sum + length, 0),
  };
}

/** An item and the prompt it belongs to. */
interface Asked {
  readonly prompt: string;
  readonly item: JudgedItem;
}

function encode(
  judged: readonly Judged[],
  { reads, template, maxLength }: RewardModelDataConfig,
  { tokenizer, maxPositions }: DataContext,
): { items: Asked[]; leftOut: Pick<LeftOut, 'overlong' | 'unreadable'> } {
  const longest = Math.min(maxLength ?? maxPositions, maxPositions);
  const leftOut = { overlong: 0, unreadable: 0 };
  const items = judged.flatMap(({ prompt, responses, good }): Asked[] => {
    const sequences = responses.flatMap(
      (response) => readingOf(prompt, readResponse(response), { reads, template, tokenizer }) ?? [],
    );
    if (sequences.length < responses.length || isOne(sequences)) {
      leftOut.unreadable += 1;
      return [];
    }
    if (sequences.every(({ length }) => length <= longest)) return [{ prompt, item: { sequences, good } }];
    leftOut.overlong += 1;
    return [];
  });
  return { items, leftOut };
}

function isOne([first, second]: readonly Int32Array[]): boolean {
  return second !== undefined && first!.length === second.length && first!.every((id, i) => id === second[i]);
}

function balance(items: readonly Asked[], seed: number): Asked[] {
  const differences = items.map(
    ({ item: { sequences } }) => sequences[0]!.length - (sequences[1]?.length ?? 0),
  );
  return balanced(differences, Random.derive(seed, 'balance')).map((i) => items[i]!);
}

/** Prompts are held out in random order until there are enough judgements of them. */
function split(
  items: readonly Asked[],
  heldOut: number,
  seed: number,
): { train: JudgedItem[]; heldOut: JudgedItem[] } {
  const wanted = heldOut < 1 ? Math.round(heldOut * items.length) : heldOut;
  const byPrompt = new Map<string, number>();
  for (const { prompt } of items) byPrompt.set(prompt, (byPrompt.get(prompt) ?? 0) + 1);
  const kept = new Set<string>();
  let found = 0;
  for (const [prompt, judgements] of Random.derive(seed, 'held out').shuffle([...byPrompt])) {
    if (found >= wanted) break;
    kept.add(prompt);
    found += judgements;
  }
  const of = (side: boolean) =>
    items.flatMap(({ prompt, item }) => (kept.has(prompt) === side ? [item] : []));
  const [train, evaluated] = [of(false), of(true)];
  if (train.length > 0 && found >= wanted) return { train, heldOut: evaluated };
  throw new UserError(
    `data: of ${items.length} judgements of ${byPrompt.size} prompts, ${wanted} cannot be held out with their prompts and others be trained on`,
    'Give more data, or lower heldOut.',
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
