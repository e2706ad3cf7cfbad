/**
 * @file Mathematical answers: equal in value, however they are written. A majority counts equal values as one answer.
 */
import type { Prompt } from '../../../records.ts';
import { finalExpressions, findAnswer } from '../../../verify/extract.ts';
import { closeEngines, verifyMath } from '../../../verify/index.ts';
import type { Grade, Grader, ReplyText } from './grader.ts';

/** The answer a reply gives out; where nothing marks it, its final expression. */
function answerOf(reply: string): string | null {
  const found = findAnswer(reply);
  if (found === null) return null;
  return found.by === 'whole' ? (finalExpressions(found.text)[0] ?? null) : found.text;
}

async function grade({ answer: reference }: Prompt, reply: ReplyText): Promise<Grade> {
  const answer = reply.answer === null ? null : answerOf(reply.answer);
  if (reference === null) return { correct: null, answer };
  // Without an answer the check is still made: it tells a reference that cannot be read.
  const verdict = await verifyMath(reference, reply.answer ?? '');
  return { correct: verdict === null ? null : Number(verdict), answer };
}

/** The grader; closing it ends the processes that hard answers are checked in. */
export const mathGrader: Grader = {
  votes: true,
  ready: async () => undefined,
  grade,
  same: async (a, b) => (await verifyMath(a, `\\boxed{${b}}`)) === true,
  close: async () => closeEngines(),
};
