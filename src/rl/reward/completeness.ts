/**
 * @file Completeness: is the answer in the right form, and finished? For prompts without an exact answer.
 *
 * The mean of these checks, each 0 or 1: the response ended by itself; the thought, where there is one, was closed; there
 * is an answer; its brackets, code fences and formulas are closed; it ends like a finished text; and it has the form
 * asked for. Limits: nothing is understood. A finished, well-formed text that answers another question scores 1.
 */
import { z } from 'zod';
import type { Completion } from '../../records.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';
import { fencesAreClosed, isBalanced, meanOf } from './text-measures.ts';

const FORMS = {
  any: () => true,
  boxed: (answer: string) => answer.includes('\\boxed{'),
  number: (answer: string) => /\d/u.test(answer),
  code: (answer: string) => /```[^\n]*\n[\s\S]*?```/u.test(answer),
  list: (answer: string) => /^\s*(?:[-*•]|\d+[.)])\s+\S/mu.test(answer),
  json: isJson,
} as const;

/** Settings of the reward `completeness`. */
export const completenessSchema = z.strictObject({
  form: z
    .enum(Object.keys(FORMS) as [keyof typeof FORMS])
    .default('any')
    .describe('What the answer must hold: a \\boxed{}, a number, a code block, a list; or be: JSON'),
  minWords: z.number().int().min(1).default(1).describe('Shortest finished answer, in words'),
});

/** A full stop of some kind, a closing bracket or quote, the end of code or of a formula; or a lone word or number. */
const FINISHED = /[.!?。！？…:)\]}»”"'`$|>）】」]$/u;
const LONE = /^\S{1,40}$/u;

function isJson(answer: string): boolean {
  try {
    JSON.parse(answer);
    return true;
  } catch {
    return false;
  }
}

/** The completeness reward, 0..1. */
export function completenessReward(options: z.output<typeof completenessSchema>): Reward {
  return {
    name: 'completeness',
    score({ response, finish }: Completion) {
      const { thought, closed } = response;
      const said = response.said?.trim() ?? '';
      const checks = [
        finish === 'stop',
        thought === null || closed,
        said.split(/\s+/u).filter(Boolean).length >= options.minWords,
        said !== '' && isBalanced(said) && fencesAreClosed(said),
        FINISHED.test(said) || LONE.test(said),
        said !== '' && FORMS[options.form](said),
      ];
      return meanOf(checks.map(Number));
    },
  };
}

export const completeness = defineReward({
  name: 'completeness',
  about: 'Is the answer finished and in the form asked for? 0..1, by rule',
  says: 'form',
  schema: completenessSchema,
  create: completenessReward,
});
