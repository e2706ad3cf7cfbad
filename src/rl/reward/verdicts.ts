/**
 * @file Verdicts: whether the answer of a response is right, one for each way in which answers are compared.
 *
 * Rewards, evaluation and rejection sampling all ask these, so that a response is right in all of them or in none. A
 * thought that never closed leaves no answer, and a response without an answer is wrong.
 */

import { normalText } from '../../grading/tasks/index.ts';
import { finalExpressions, findAnswer, verifyChoice, verifyMath } from '../../grading/verify/index.ts';
import type { Completion, Prompt } from '../../records.ts';
import { isMarked } from '../../text/index.ts';
import { isNumber, lastNumber, sameAnswer } from './answer.ts';
import type { AnswerReading } from './reward.ts';
import { isGenerated, scoreGenerated } from './task-score.ts';

/** One way of telling right from wrong. */
export interface Verdict extends AnswerReading {
  /** 1 right, 0 wrong, between: partial credit; null where there is no reference, or none that can be read. */
  score(completion: Completion): number | null | Promise<number | null>;
}

/** The reference answer; null where the prompt has none. */
function referenceOf({ answer }: Prompt): string | null {
  return answer === null || answer.trim() === '' ? null : answer;
}

/** Whether a prompt has a reference answer. */
export function hasReference(prompt: Prompt): boolean {
  return referenceOf(prompt) !== null;
}

/** Whether a prompt's reference answer is a letter of a multiple choice. */
export function namesLetter(prompt: Prompt): boolean {
  const reference = referenceOf(prompt);
  return reference !== null && verifyChoice(reference, '') !== null;
}

/** What `exact` takes for the answer where neither tag nor box marks one. */
export type Fallback = 'last-number' | 'none';

/** Plain numbers by value, anything else as text. */
export function exactVerdict(fallback: Fallback): Verdict {
  const of = ({ prompt, response }: Completion): string | null => {
    const { answer } = response;
    if (answer === null || isMarked(response)) return answer;
    if (fallback === 'none') return null;
    return isNumber(prompt.answer ?? '') ? lastNumber(answer) : answer;
  };
  return {
    of,
    same: sameAnswer,
    score(completion) {
      const reference = referenceOf(completion.prompt);
      if (reference === null) return null;
      const answer = of(completion);
      return answer !== null && sameAnswer(answer, reference) ? 1 : 0;
    },
  };
}

const points = (verdict: boolean | null): number | null => (verdict === null ? null : Number(verdict));

/** Mathematics: equal in value, however it is written. */
export const mathVerdict: Verdict = {
  of({ response }) {
    const found = findAnswer(response);
    if (found === null) return null;
    return found.by === 'whole' ? (finalExpressions(found.text)[0] ?? null) : found.text;
  },
  same: async (a, b) => (await verifyMath(a, `\\boxed{${b}}`)) === true,
  async score({ prompt, response }) {
    const reference = referenceOf(prompt);
    // Without an answer the check is still made: it tells a reference that cannot be read.
    return reference === null ? null : points(await verifyMath(reference, response));
  },
};

const LETTERS = [...'ABCDEFGHIJ'];

/** Multiple choice: the letter a response settles on. */
export const choiceVerdict: Verdict = {
  of: ({ response }) => LETTERS.find((letter) => verifyChoice(letter, response) === true) ?? null,
  same: (a, b) => a === b,
  score({ prompt, response }) {
    const reference = referenceOf(prompt);
    return reference === null ? null : points(verifyChoice(reference, response));
  },
};

/** Generated problems: the score of the family that made the problem, which may have several right answers. */
export const familyVerdict: Verdict = {
  of: ({ response }) => response.answer,
  same: (a, b) => normalText(a) === normalText(b),
  score: ({ prompt, response }) => scoreGenerated(prompt, response.answer ?? ''),
};

/** A verdict without partial credit: what is not wholly right is wrong. */
export function wholly(verdict: Verdict): Verdict {
  const whole = (score: number | null) => (score === null || score === 1 ? score : 0);
  return {
    ...verdict,
    score(completion) {
      const score = verdict.score(completion);
      return score instanceof Promise ? score.then(whole) : whole(score);
    },
  };
}

/** The family's verdict on prompts that are generated, `otherwise` on all others. */
export function perPrompt(otherwise: Verdict): Verdict {
  const family = wholly(familyVerdict);
  const verdictOn = (prompt: Prompt) => (isGenerated(prompt) ? family : otherwise);
  return {
    of: (completion) => verdictOn(completion.prompt).of(completion),
    same: (a, b, prompt) => verdictOn(prompt).same(a, b, prompt),
    score: (completion) => verdictOn(completion.prompt).score(completion),
  };
}
