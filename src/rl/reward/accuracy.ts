/**
 * @file Accuracy reward (R1, rule based): 1 when the answer equals the reference, 0 when not; and the verdicts it is made of.
 *
 * A verdict tells whether the answer of a response is right, one verdict for each way of comparing answers. Rewards,
 * evaluation and rejection sampling all ask these, so that a response is right in all of them or in none. A thought that
 * never closed leaves no answer, and a response without an answer is wrong, one cut by the length limit too. The
 * comparison `exact` takes plain numbers by value, digit by digit (no floating point), and anything else as text with
 * white space folded: no algebra, no units, no fractions.
 *
 * A generated problem is judged by its family, whatever the verifier: it may have several right answers. Null where the
 * prompt has no reference answer, or one that the verifier cannot read.
 */
import { z } from 'zod';
import { findFamily, normalText, type Problem, type TaskFamily } from '../../grading/tasks/index.ts';
import { finalExpressions, findAnswer, verifyChoice, verifyMath } from '../../grading/verify/index.ts';
import type { Completion, Prompt } from '../../records.ts';
import { isMarked, readResponse } from '../../text/index.ts';
import { defineReward } from './definition.ts';
import type { AnswerReading, Reward } from './reward.ts';

/** Settings of the reward `accuracy`. */
export const accuracySchema = z.strictObject({
  verifier: z
    .enum(['exact', 'math', 'choice'])
    .default('exact')
    .describe(
      'What is equal: "exact" compares plain numbers by value and the rest as text, "math" reads fractions, formulas, sets, units and the like (as aha verify does), "choice" compares the letters of a multiple choice',
    ),
  fallback: z
    .enum(['last-number', 'none'])
    .default('last-number')
    .describe(
      'Verifier "exact" without <answer> and \\boxed{}: "last-number" takes the last number after the thought (where the reference is text: all that follows the thought), "none" scores 0',
    ),
});

/** The accuracy reward. */
export function accuracyReward({ fallback, verifier }: z.output<typeof accuracySchema>): Reward {
  const verdicts = { exact: exactVerdict(fallback), math: mathVerdict, choice: choiceVerdict };
  const verdict = perPrompt(verdicts[verifier]);
  return {
    name: 'accuracy',
    score: (completion) => verdict.score(completion),
    answers: verdict,
    attempt: attemptBy(verdict),
  };
}

export const accuracy = defineReward({
  name: 'accuracy',
  about: '1 when the answer is right, else 0',
  says: 'right',
  readsAnswer: true,
  needs: ({ verifier }) => {
    const compared = verifier === 'choice' ? namesLetter : hasReference;
    return {
      what: verifier === 'choice' ? 'a letter as its reference answer' : 'a reference answer',
      remedy: 'Name the column that holds it in answerField.',
      has: (prompt) => isGenerated(prompt) || compared(prompt),
    };
  },
  schema: accuracySchema,
  create: accuracyReward,
});

/** One way of telling right from wrong. */
export interface Verdict extends AnswerReading {
  /** 1 right, 0 wrong, between: partial credit; null where there is no reference, or none that can be read. */
  score(completion: Completion): number | null | Promise<number | null>;
}

/**
 * Reads what an attempt comes to: an answer it boxes or announces ("so the answer is 5"), judged as that of a response.
 * Numbers on the way to an answer are none.
 */
export function attemptBy(verdict: Verdict): NonNullable<Reward['attempt']> {
  return async (text, completion) => {
    const found = findAnswer(readResponse(text));
    if (found === null || found.by === 'whole') return null;
    const written = `<answer>${found.text}</answer>`;
    const attempt = { ...completion, text: written, response: readResponse(written) };
    const [before, after] = [verdict.of(attempt), verdict.of(completion)];
    if (before === null) return null;
    const changed =
      after === null || !(before === after || (await verdict.same(before, after, completion.prompt)));
    return { right: (await verdict.score(attempt)) === 1, changed };
  };
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

/** A plain number: sign, digits with or without thousands commas, decimals. */
const NUMBER = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;
const WHOLE_NUMBER = new RegExp(`^${NUMBER}$`, 'u');
/** A sign belongs to a number only where no digit or letter stands before it: `7-2` ends in 2, not −2. */
const NUMBERS = new RegExp(String.raw`(?<![\d\p{L}])${NUMBER}|\d+(?:\.\d+)?`, 'gu');

/** White space at the ends removed, runs of it inside made one space. */
function foldSpace(text: string): string {
  return text.trim().replace(/\s+/gu, ' ');
}

/** Whether `text` is one plain number. */
export function isNumber(text: string): boolean {
  return WHOLE_NUMBER.test(text.trim());
}

/** The last number written in `text`, or null. */
export function lastNumber(text: string): string | null {
  return text.match(NUMBERS)?.at(-1) ?? null;
}

/** One spelling for each value: `+1,050.70` → `1050.7`, `-0` → `0`. */
function canonicalNumber(text: string): string {
  const [, sign, digits, decimals] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/u.exec(
    text.trim().replaceAll(',', ''),
  )!;
  const magnitude = `${digits || '0'}${decimals ? `.${decimals}` : ''}`;
  return sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

/** Whether an answer says what the reference says. */
export function sameAnswer(answer: string, reference: string): boolean {
  if (isNumber(answer) && isNumber(reference)) return canonicalNumber(answer) === canonicalNumber(reference);
  return foldSpace(answer) === foldSpace(reference);
}

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
