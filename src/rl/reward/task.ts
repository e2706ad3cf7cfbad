/**
 * @file Task reward: the score, in [0, 1], that the task family of a generated prompt gives to the answer.
 *
 * Null for prompts that are not generated, unless the recipe names a family and the columns that hold its problem.
 * Partial credit is the family's own (docs/tasks.md); `partial: false` pays only for what is wholly right.
 */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { FAMILY_NAMES, findFamily } from '../../grading/tasks/index.ts';
import { Random } from '../../random.ts';
import { type Completion, columnOf, type Json, type JsonObject, type Prompt } from '../../records.ts';
import { attemptBy, familyVerdict, scoreGenerated, wholly } from './accuracy.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Settings of the reward `task`. */
export const taskRewardSchema = z.strictObject({
  partial: z
    .boolean()
    .default(true)
    .describe('Pay the partial credit of the family; false: 1 only for what is right'),
  family: z.enum(FAMILY_NAMES).optional().describe('Family whose scorer grades prompts from a file of yours'),
  fields: z
    .record(z.string(), z.string().min(1))
    .optional()
    .describe(
      'Columns with what that scorer reads, by its own names: `{ numbers: "nums", target: "target" }`',
    ),
});

type Settings = z.output<typeof taskRewardSchema>;

/** The prompt of a row with the problem of `settings.family` in it, or null where that is not asked for. */
function asGenerated(prompt: Prompt, { family, fields }: Settings): Prompt | null {
  if (family === undefined || prompt.columns === undefined || prompt.meta?.family !== undefined) return null;
  const { columns } = prompt;
  const named = Object.entries(fields ?? {}).map(([key, column]) => {
    const value = columnOf(columns, column);
    if (value !== undefined && value !== null) return [key, value] as const;
    throw new UserError(
      `prompt ${prompt.id}: column "${column}" is missing or null (columns present: ${Object.keys(columns).join(', ') || 'none'})`,
      `Set rewards.task.fields.${key} to the column that holds it.`,
    );
  });
  const meta = { family, problem: { ...columns, ...Object.fromEntries(named) } };
  return { ...prompt, answer: prompt.answer ?? '', meta };
}

/** Refuses a row without the columns that are named, or with one of another type than generated problems have. */
function requireProblem(settings: Settings, prompt: Prompt): void {
  const problem = asGenerated(prompt, settings)?.meta?.problem as JsonObject | undefined;
  if (problem === undefined) return;
  const { meta } = findFamily(settings.family!)!.generate(Random.derive(0, 'example'), 1);
  for (const [key, column] of Object.entries(settings.fields ?? {})) {
    const expected = kindOf(meta[key]);
    if (expected === 'undefined') {
      throw new UserError(
        `rewards.task.fields: the family ${settings.family} reads no "${key}"`,
        `It has ${Object.keys(meta).join(', ')}.`,
      );
    }
    const found = kindOf(problem[key]);
    if (found === expected) continue;
    throw new UserError(
      `column "${column}" is a ${found}, and "${key}" of ${settings.family} a ${expected}`,
      'Write it as JSONL or Parquet has it: in CSV all values are texts.',
    );
  }
}

/** Whether a family made the prompt, and finds in it all that its scorer reads. */
function canScore(prompt: Prompt): boolean {
  try {
    return scoreGenerated(prompt, '1') !== null;
  } catch {
    return false;
  }
}

function kindOf(value: Json | undefined): string {
  return Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : typeof value;
}

/** The task reward. */
export function taskReward(settings: Settings): Reward {
  const verdict = settings.partial ? familyVerdict : wholly(familyVerdict);
  const attempt = attemptBy(verdict);
  const generated = (completion: Completion): Completion => ({
    ...completion,
    prompt: asGenerated(completion.prompt, settings) ?? completion.prompt,
  });
  return {
    name: 'task',
    score: (completion) => verdict.score(generated(completion)),
    answers: verdict,
    attempt: (text, completion) => attempt(text, generated(completion)),
  };
}

export const task = defineReward({
  name: 'task',
  about: 'Score of the task family of a generated prompt, 0..1',
  says: 'right',
  schema: taskRewardSchema,
  checkPrompt: requireProblem,
  needs: (settings) => ({
    what:
      settings.family === undefined
        ? 'a generated problem'
        : `a problem of ${settings.family} that can be read`,
    remedy: 'Set rewards.task.family and rewards.task.fields, or use prompts of the task "generated".',
    has: (prompt) => canScore(asGenerated(prompt, settings) ?? prompt),
  }),
  create: taskReward,
});
