/** @file Multiple choice: the letter a reply settles on. */
import type { Prompt } from '../../../records.ts';
import { verifyChoice } from '../../../verify/index.ts';
import { type Grade, type Grader, NOTHING_TO_PREPARE, type ReplyText } from './grader.ts';

const LETTERS = [...'ABCDEFGHIJ'];

/** The letter a reply chooses, or null. */
export function chosenLetter(answer: string): string | null {
  return LETTERS.find((letter) => verifyChoice(letter, answer) === true) ?? null;
}

async function grade({ answer: reference }: Prompt, reply: ReplyText): Promise<Grade> {
  const answer = reply.answer === null ? null : chosenLetter(reply.answer);
  return { correct: reference === null ? null : Number(answer === reference), answer };
}

export const choiceGrader: Grader = { votes: true, grade, same: (a, b) => a === b, ...NOTHING_TO_PREPARE };
