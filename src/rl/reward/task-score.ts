/** @file Score of a generated problem's family for an answer. */

import type { Problem, TaskFamily } from '../../grading/tasks/index.ts';
import { findFamily } from '../../grading/tasks/index.ts';
import type { Prompt } from '../../records.ts';

/** The family and the problem of a generated prompt, or null where the prompt is not generated. */
function generatedProblem(prompt: Prompt): { family: TaskFamily; problem: Problem } | null {
  const { family: name, problem: meta } = prompt.meta ?? {};
  const family = typeof name === 'string' ? findFamily(name) : undefined;
  if (family === undefined || prompt.answer === null || typeof meta !== 'object' || meta === null)
    return null;
  return { family, problem: { text: prompt.text, answer: prompt.answer, meta: meta as Problem['meta'] } };
}

/** Whether a family made the prompt. */
export function isGenerated(prompt: Prompt): boolean {
  return generatedProblem(prompt) !== null;
}

/** The score of `answer` to a generated prompt, or null where the prompt is not generated. Never throws for an answer. */
export function scoreGenerated(prompt: Prompt, answer: string): number | null {
  const generated = generatedProblem(prompt);
  return generated === null ? null : generated.family.score(answer, generated.problem);
}
