/** @file Answers to generated problems, scored by their family as in training. A problem may have several right answers. */
import type { Prompt } from '../../../records.ts';
import { generatedAnswer, scoreGenerated } from '../../../reward/index.ts';
import { normalText } from '../../../tasks/answers.ts';
import { type Grade, type Grader, NOTHING_TO_PREPARE, type ReplyText } from './grader.ts';

async function grade(prompt: Prompt, reply: ReplyText): Promise<Grade> {
  const answer = generatedAnswer(reply.text).trim();
  if (reply.answer === null || answer === '') return { correct: 0, answer: null };
  return { correct: scoreGenerated(prompt, answer), answer };
}

export const familyGrader: Grader = {
  votes: true,
  grade,
  same: (a, b) => normalText(a) === normalText(b),
  ...NOTHING_TO_PREPARE,
};
