/**
 * @file Score of a generated problem's family for an answer, and the part of a response that a family scores.
 *
 * The answer is the last `<answer>…</answer>`, else the last `\boxed{…}`, else what follows the thought.
 */

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
