/**
 * @file Verdicts: whether the answer of a response is right, one for each way in which answers are compared.
 *
 * Rewards, evaluation and rejection sampling all ask these, so that a response is right in all of them or in none. A
 * thought that never closed leaves no answer, and a response without an answer is wrong.
 */

import { normalText } from '../../grading/tasks/index.ts';
import { finalExpressions, findAnswer, verifyChoice, verifyMath } from '../../grading/verify/index.ts';
import type { Completion, Prompt } from '../../records.ts';
import { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
import type { AnswerReading } from './reward.ts';
import { generatedAnswer, isGenerated, scoreGenerated } from './task-score.ts';

/** One way of telling right from wrong. */
export interface Verdict extends AnswerReading {
  /** 1 right, 0 wrong, between: partial credit; null where there is no reference, or none that can be read. */
  score(completion: Completion): number | null | Promise<number | null>;
}

/** The response where an answer may stand in it; '' where its thought never closed. */
function heard({ text, response }: Completion): string {
  return response.content === null ? '' : text;
}

/** The reference answer; null where the prompt has none. */
function referenceOf({ answer }: Prompt): string | null {
  return answer === null || answer.trim() === '' ? null : answer;
}

/** Where `exact` looks for an answer that no tag marks. */
export type Fallback = 'last-number' | 'none';

/** Plain numbers by value, anything else as text. */
export function exactVerdict(fallback: Fallback): Verdict {
  const of = (completion: Completion): string | null => {
    const response = heard(completion);
    const tagged = taggedAnswer(response);
    if (tagged !== null || fallback === 'none') return tagged;
    const found = isNumber(completion.prompt.answer ?? '') ? lastNumber(response) : afterThought(response);
    return found === '' ? null : found;
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
  of(completion) {
    const found = findAnswer(heard(completion));
    if (found === null) return null;
    return found.by === 'whole' ? (finalExpressions(found.text)[0] ?? null) : found.text;
  },
  same: async (a, b) => (await verifyMath(a, `\\boxed{${b}}`)) === true,
  async score(completion) {
    const reference = referenceOf(completion.prompt);
    // Without an answer the check is still made: it tells a reference that cannot be read.
    return reference === null ? null : points(await verifyMath(reference, heard(completion)));
  },
};

const LETTERS = [...'ABCDEFGHIJ'];

/** Multiple choice: the letter a response settles on. */
export const choiceVerdict: Verdict = {
  of: (completion) => LETTERS.find((letter) => verifyChoice(letter, heard(completion)) === true) ?? null,
  same: (a, b) => a === b,
  score(completion) {
    const reference = referenceOf(completion.prompt);
    return reference === null ? null : points(verifyChoice(reference, heard(completion)));
  },
};

/** Generated problems: the score of the family that made the problem, which may have several right answers. */
export const familyVerdict: Verdict = {
  of: (completion) => generatedAnswer(heard(completion)).trim() || null,
  same: (a, b) => normalText(a) === normalText(b),
  score: (completion) => scoreGenerated(completion.prompt, generatedAnswer(heard(completion))),
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
