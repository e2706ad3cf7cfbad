/**
 * @file Grading replies: one grader for each way a benchmark's answers are verified.
 *
 * The answer is looked for in what follows the thought; a thought that never ended has none and is wrong. Verifiers load
 * when they are needed.
 */
import type { Verifier } from '../../../data/index.ts';
import { exactGrader } from './exact.ts';
import { familyGrader } from './family.ts';
import type { Grader } from './grader.ts';

export type { Grade, Grader, ReplyText } from './grader.ts';

/** The grader of a verifier. */
export async function openGrader(verifier: Verifier | 'family'): Promise<Grader> {
  switch (verifier) {
    case 'exact':
      return exactGrader;
    case 'family':
      return familyGrader;
    case 'math':
      return (await import('./math.ts')).mathGrader;
    case 'choice':
      return (await import('./choice.ts')).choiceGrader;
    case 'code':
      return (await import('./rewarded.ts')).codeGrader;
    case 'instructions':
      return (await import('./rewarded.ts')).instructionsGrader;
  }
}
