/**
 * @file Artifact of rejection sampling: the data set, what was dropped and why, and a few of the dropped for reading.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Overlap } from '../../data/index.ts';
import { UserError } from '../../errors.ts';
import type { Prompt } from '../../records.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../run/atomic.ts';
import { askedText, padEnd, padStart } from '../../text/index.ts';
import { type Outcome, responseKey } from './batch.ts';
import type { RejectConfig } from './config.ts';
import { REASONS } from './grade.ts';

/** Files of the artifact. */
export const DATA = 'data.jsonl';
export const STATS = 'stats.json';
export const DROPPED = 'dropped.jsonl';

/** What a data set was made from. */
export interface Made {
  readonly fingerprint: string;
  /** Prompts drawn, those that overlap with an evaluation left out. */
  readonly prompts: readonly Prompt[];
  /** Prompts left out for that. */
  readonly overlaps: readonly ({ readonly id: string } & Overlap)[];
  readonly outcomes: readonly Outcome[];
}

/** What stats.json holds. */
export interface RejectStats {
  readonly model: string;
  readonly prompts: {
    readonly drawn: number;
    /** Left out before sampling: they overlap with an evaluation. */
    readonly contaminated: number;
    readonly sampled: number;
    /** With at least one response kept. */
    readonly kept: number;
  };
  readonly sampled: number;
  readonly kept: number;
  readonly keptShare: number;
  readonly rewritten: number;
  readonly judged: number;
  /** In the order in which the reasons are asked; those that dropped nothing left out. */
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  readonly tokens: { readonly sampled: number; readonly kept: number; readonly meanKept: number };
  readonly byTask: { readonly [task: string]: { readonly sampled: number; readonly kept: number } };
  readonly overlaps: Made['overlaps'];
}

/** Overlaps that are listed. */
const LISTED = 100;
/** Dropped responses of each reason that are kept for reading. */
const EXAMPLES = 5;

/**
 * Writes data.jsonl, dropped.jsonl and stats.json.
 * @throws UserError with the table where nothing is kept
 */
export async function writeResult(dir: string, made: Made, config: RejectConfig): Promise<RejectStats> {
  const outcomes = acrossBatches(made, config);
  const stats = statsOf({ ...made, outcomes });
  if (stats.kept === 0) {
    throw new UserError(
      `none of ${stats.sampled} responses is kept:\n${statsTable(stats)}`,
      'Loosen what drops the most, sample more, or use a better model.',
    );
  }
  const kept = outcomes.filter(({ dropped }) => dropped === null);
  await writeFileAtomic(path.join(dir, DATA), linesOf(kept, made));
  await writeFileAtomic(path.join(dir, DROPPED), linesOf(examples(outcomes), made));
  await writeJsonAtomic(path.join(dir, STATS), stats);
  return stats;
}

/** A question may come in several batches: equal responses, and those above `keepPerPrompt`, are dropped here. */
function acrossBatches(
  { prompts, outcomes }: Made,
  { unique, keepPerPrompt = Infinity }: RejectConfig,
): Outcome[] {
  const seen = new Set<string>();
  const perQuestion = new Map<string, number>();
  return outcomes.map((outcome) => {
    if (outcome.dropped !== null) return outcome;
    const question = askedText(prompts[outcome.prompt]!);
    const key = createHash('sha256').update(responseKey(question, outcome.text!)).digest('base64');
    if (unique && seen.has(key)) return { ...outcome, dropped: 'duplicate' };
    seen.add(key);
    const before = perQuestion.get(question) ?? 0;
    if (before >= keepPerPrompt) return { ...outcome, dropped: 'surplus' };
    perQuestion.set(question, before + 1);
    return outcome;
  });
}

function examples(outcomes: readonly Outcome[]): Outcome[] {
  return REASONS.flatMap((reason) =>
    outcomes.filter(({ dropped, text }) => dropped === reason && text !== null).slice(0, EXAMPLES),
  );
}

/** One JSON object a line, in the form that `source: 'file'` of the stage `sft` reads. */
function linesOf(outcomes: readonly Outcome[], { prompts, fingerprint }: Made): string {
  return outcomes
    .map((outcome) => {
      const { id, task, text: question, messages, answer, language } = prompts[outcome.prompt]!;
      const { sample, tokens, parts, text: response, dropped, judged, rewritten } = outcome;
      const line = {
        prompt: messages ?? question,
        response,
        id,
        task,
        answer,
        ...(language !== undefined && { language }),
        sample,
        tokens,
        rewards: parts,
        ...(judged && { judged }),
        ...(rewritten && { rewritten }),
        ...(dropped !== null && { dropped }),
        model: fingerprint,
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

function statsOf({ fingerprint, prompts, overlaps, outcomes }: Made): RejectStats {
  const kept = outcomes.filter(({ dropped }) => dropped === null);
  const tokensOf = (some: readonly Outcome[]) => some.reduce((sum, { tokens }) => sum + tokens, 0);
  const counts = REASONS.map((reason) => ({
    reason,
    count: outcomes.filter(({ dropped }) => dropped === reason).length,
  }));
  const tasks = [...new Set(prompts.map(({ task }) => task))].sort();
  const ofTask = (some: readonly Outcome[], task: string) =>
    some.filter(({ prompt }) => prompts[prompt]!.task === task).length;
  return {
    model: fingerprint,
    prompts: {
      drawn: prompts.length + overlaps.length,
      contaminated: overlaps.length,
      sampled: prompts.length,
      kept: new Set(kept.map(({ prompt }) => prompt)).size,
    },
    sampled: outcomes.length,
    kept: kept.length,
    keptShare: outcomes.length === 0 ? 0 : kept.length / outcomes.length,
    rewritten: kept.filter(({ rewritten }) => rewritten).length,
    judged: kept.filter(({ judged }) => judged).length,
    dropped: counts.filter(({ count }) => count > 0),
    tokens: {
      sampled: tokensOf(outcomes),
      kept: tokensOf(kept),
      meanKept: kept.length === 0 ? 0 : tokensOf(kept) / kept.length,
    },
    byTask: Object.fromEntries(
      tasks.map((task) => [task, { sampled: ofTask(outcomes, task), kept: ofTask(kept, task) }]),
    ),
    overlaps: overlaps.slice(0, LISTED),
  };
}

/** What was sampled, dropped and kept, as a table for people. */
export function statsTable({
  prompts,
  sampled,
  kept,
  dropped,
  tokens,
  rewritten,
  judged,
}: RejectStats): string {
  const share = (count: number) => `${((100 * count) / Math.max(1, sampled)).toFixed(1)} %`;
  const rows = [
    ['sampled', sampled, `${prompts.sampled} prompts`],
    ...dropped.map(({ reason, count }) => [`dropped: ${reason}`, count, share(count)] as const),
    [
      'kept',
      kept,
      [
        share(kept),
        `${prompts.kept} prompts`,
        `${tokens.meanKept.toFixed(1)} tokens each`,
        ...(judged > 0 ? [`${judged} by the judge`] : []),
        ...(rewritten > 0 ? [`${rewritten} rewritten`] : []),
      ].join(', '),
    ],
  ] as const;
  const width = Math.max(...rows.map(([label]) => label.length));
  const digits = Math.max(...rows.map(([, count]) => String(count).length));
  const lines = rows.map(
    ([label, count, note]) => `  ${padEnd(label, width)}  ${padStart(String(count), digits)}  ${note}`,
  );
  const { contaminated, drawn } = prompts;
  const left = `  ${contaminated} of ${drawn} prompts overlap with the evaluation and are left out`;
  return [...(contaminated > 0 ? [left] : []), ...lines].join('\n');
}
