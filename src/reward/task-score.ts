/**
 * @file Task reward: the score, in [0, 1], that the task family of a generated prompt gives to the answer.
 *
 * The answer is the last `<answer>…</answer>`, else the last `\boxed{…}`, else what follows the thought. Null for
 * prompts that are not generated. Partial credit is the family's own (docs/tasks.md); `partial: false` pays only for
 * what is wholly right.
 */
import { z } from 'zod';
import type { Completion, Prompt } from '../records.ts';
import type { Problem } from '../tasks/family.ts';
import { findFamily } from '../tasks/registry.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `task`. */
export const taskRewardSchema = z.strictObject({
  partial: z
    .boolean()
    .default(true)
    .describe('Pay the partial credit of the family; false: 1 only for what is right'),
});

/** The score of `answer` to a generated prompt, or null where the prompt is not generated. Never throws for an answer. */
export function scoreGenerated(prompt: Prompt, answer: string): number | null {
  const { family: name, problem: meta } = prompt.meta ?? {};
  const family = typeof name === 'string' ? findFamily(name) : undefined;
  if (family === undefined || prompt.answer === null || typeof meta !== 'object' || meta === null)
    return null;
  return family.score(answer, { text: prompt.text, answer: prompt.answer, meta: meta as Problem['meta'] });
}

/** The inside of the last `\boxed{…}`, braces in it matched, or null where it is not closed. */
function lastBoxed(response: string): string | null {
  const open = response.lastIndexOf('\\boxed{');
  if (open === -1) return null;
  const start = open + '\\boxed{'.length;
  let depth = 1;
  for (let i = start; i < response.length; i++) {
    if (response[i] === '{') depth++;
    if (response[i] === '}' && --depth === 0) return response.slice(start, i);
  }
  return null;
}

/** The inside of the last complete `<answer>…</answer>` as written, line breaks and all, or null. */
function lastTagged(response: string): string | null {
  const close = response.lastIndexOf('</answer>');
  const open = close === -1 ? -1 : response.lastIndexOf('<answer>', close);
  return open === -1 ? null : response.slice(open + '<answer>'.length, close);
}

/** The part of a response a family scores. Line breaks are kept: some answers are grids. */
export function generatedAnswer(response: string): string {
  const thoughtEnd = response.lastIndexOf('</think>');
  const said = thoughtEnd === -1 ? response : response.slice(thoughtEnd + '</think>'.length);
  return lastTagged(response) ?? lastBoxed(said) ?? said;
}

/** The task reward. */
export function taskReward({ partial }: z.output<typeof taskRewardSchema>): Reward {
  return {
    name: 'task',
    score({ prompt, text }: Completion) {
      const score = scoreGenerated(prompt, generatedAnswer(text));
      return score === null || partial || score === 1 ? score : 0;
    },
  };
}

export const task = defineReward({
  name: 'task',
  about: 'Score of the task family of a generated prompt, 0..1',
  says: 'right',
  schema: taskRewardSchema,
  create: taskReward,
});
