/**
 * @file Answers that are equal as numbers or as text: the accuracy reward of training, so that an evaluation and a run's
 * own figures agree.
 */
import type { Prompt } from '../../../records.ts';
import { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from '../../../reward/index.ts';
import { type Grade, type Grader, NOTHING_TO_PREPARE, type ReplyText } from './grader.ts';

function answerOf({ text }: ReplyText, reference: string): string | null {
  const tagged = taggedAnswer(text);
  if (tagged !== null) return tagged;
  const found = isNumber(reference) ? lastNumber(text) : afterThought(text);
  return found === '' ? null : found;
}

async function grade({ answer: reference }: Prompt, reply: ReplyText): Promise<Grade> {
  if (reference === null || reference.trim() === '') return { correct: null, answer: reply.answer };
  const answer = answerOf(reply, reference);
  return { correct: answer !== null && sameAnswer(answer, reference) ? 1 : 0, answer };
}

export const exactGrader: Grader = { votes: true, grade, same: sameAnswer, ...NOTHING_TO_PREPARE };
