/**
 * @file Reasoning aloud over a chain, with the slips and corrections people make.
 *
 * A slip states a result off by one, by ten, or (in a product) by one factor, and the chain goes on from the wrong
 * value. A noticed slip is followed by `wait` and the step once more. Results, right or stated, that would leave 0..99
 * make the whole walk be drawn again, so the share of slips in what is written is slightly below the rate.
 */
import type { Random } from '../../random.ts';
import { apply, LARGEST, type Problem, type Step } from './problem.ts';
import { LANGUAGES, type Language, type Opening, traceLine } from './words.ts';

/** How reliable the writer of a trace is; each figure is a probability, slipRate below 1. */
export interface Care {
  /** That a step's result is stated wrong. */
  readonly slipRate: number;
  /** That a slip is noticed and the step done again. */
  readonly noticeRate: number;
  /** That the redone step is right. */
  readonly redoRightRate: number;
}

/** One stated step: `after` is what is written, right or not. */
export interface Line {
  readonly opening: Opening;
  readonly before: number;
  readonly step: Step;
  readonly after: number;
}

/** The language of a trace: one throughout, or drawn anew for each step. */
export type TraceLanguage = Language | 'mixed';

const inRange = (value: number) => value >= 0 && value <= LARGEST;

function slip(right: number, step: Step, random: Random): number {
  const distances = step.operator === '*' ? [1, 10, step.operand] : [1, 10];
  return right + (random.chance(0.5) ? 1 : -1) * random.choice(distances);
}

function tryWalk(problem: Problem, care: Care, random: Random): Line[] | null {
  const lines: Line[] = [];
  let value = problem.start;
  for (const [i, step] of problem.steps.entries()) {
    const right = apply(value, step);
    const state = (opening: Opening, isRight: boolean) => {
      const line = { opening, before: value, step, after: isRight ? right : slip(right, step, random) };
      lines.push(line);
      return line.after;
    };
    const slips = random.chance(care.slipRate);
    let after = state(i === 0 ? 'first' : 'next', !slips);
    if (!inRange(right) || !inRange(after)) return null;
    if (slips && random.chance(care.noticeRate)) after = state('wait', random.chance(care.redoRightRate));
    if (!inRange(after)) return null;
    value = after;
  }
  return lines;
}

/** The lines of one trace over `problem`; the last line's `after` is the answer it leads to. */
export function walk(problem: Problem, care: Care, random: Random): Line[] {
  for (;;) {
    const lines = tryWalk(problem, care, random);
    if (lines !== null) return lines;
  }
}

/** The answer a trace leads to. */
export function answerOf(lines: readonly Line[]): number {
  return lines.at(-1)!.after;
}

/** The trace as text, and the language its last line is in. */
export function writeTrace(
  lines: readonly Line[],
  language: TraceLanguage,
  random: Random,
): { text: string; lastLanguage: Language } {
  let lastLanguage: Language = 'en';
  const written = lines.map(({ opening, before, step, after }) => {
    lastLanguage = language === 'mixed' ? random.choice(LANGUAGES) : language;
    return traceLine(opening, before, step, after, lastLanguage);
  });
  return { text: written.join(' '), lastLanguage };
}
