/**
 * Worked solutions of word problems, as a person would write them down: the examples of the cold start.
 *
 * A reader of its own finds the steps of a story by their verbs; a thought whose result is not the problem's answer is an
 * error, so what is taught is right.
 */
import type { Random } from '@aha-r1/aha';
import type { WordProblem } from './problems.ts';

type Sign = '+' | '-' | '*' | '/';

/** What happens to the number of things. */
interface Step {
  readonly sign: Sign;
  readonly amount: number;
  /** How the amount comes about where the story gives two numbers. */
  readonly product: string;
}

/** How sentences tell of a step, first match first. Two numbers are multiplied. */
const SENTENCES: readonly (readonly [RegExp, Sign])[] = [
  [/sells everything for (\d+) dollars each/, '*'],
  [/buys (\d+) boxes with (\d+)/, '+'],
  [/(\d+) friends come, and each brings \w+ (\d+)/, '+'],
  [/hands (\d+) \w+ to each of (\d+)/, '-'],
  [/fills (\d+) bags with (\d+)/, '-'],
  [/to have (\d+) times as many|multiplies what \w+ has by (\d+)/, '*'],
  [/equally among (\d+) people|Of every (\d+) /, '/'],
  [/gives (\d+) \w+ to |loses (\d+) |sells (\d+) of /, '-'],
  [/buys (\d+) more|gives \w+ (\d+) |finds (\d+) /, '+'],
];

function stepsOf(story: string): Step[] {
  return story.split(/(?<=\.) /).flatMap((sentence) => {
    for (const [pattern, sign] of SENTENCES) {
      const found = pattern.exec(sentence);
      if (found === null) continue;
      const numbers = found.slice(1).flatMap((digits) => (digits === undefined ? [] : [Number(digits)]));
      const amount = numbers.reduce((product, number) => product * number, 1);
      return [{ sign, amount, product: numbers.length > 1 ? `${numbers.join(' * ')} = ${amount}. ` : '' }];
    }
    return [];
  });
}

const INVERSE: Readonly<Record<Sign, Sign>> = { '+': '-', '-': '+', '*': '/', '/': '*' };

function apply(things: number, sign: Sign, amount: number): number {
  if (sign === '+') return things + amount;
  if (sign === '-') return things - amount;
  return sign === '*' ? things * amount : things / amount;
}

/** The calculation of steps one after another, and where it ends. */
function calculate(start: number, steps: readonly Step[]): { lines: string[]; end: number } {
  let things = start;
  const lines = steps.map(({ sign, amount, product }) => {
    const before = things;
    things = apply(things, sign, amount);
    return `${product}${before} ${sign} ${amount} = ${things}.`;
  });
  return { lines, end: things };
}

const number = (pattern: RegExp, text: string): number => Number(pattern.exec(text)?.[1]);

/**
 * The thought that solves a problem, with its answer. One in three looks back at its last line.
 *
 * @throws Error where the calculation does not lead to the answer of the problem
 */
export function workedSolution({ prompt, answer }: WordProblem, random: Random): string {
  const steps = stepsOf(prompt);
  const backwards = prompt.includes('at the start?');
  const lines = backwards ? backward(prompt, steps) : forward(prompt, steps);
  const result = /= (\d+)\.$/.exec(lines.at(-1)!)?.[1];
  if (result !== answer) throw new Error(`the solution ${lines.join(' ')} is wrong: ${answer} (${prompt})`);
  const checked = random.chance(1 / 3) ? ` ${check(lines.at(-1)!)}` : '';
  return `<think> ${lines.join(' ')}${checked} </think> <answer> ${answer} </answer>`;
}

function forward(prompt: string, steps: readonly Step[]): string[] {
  const start = number(/has (\d+) \w+ (?:at first|to begin with)/, prompt);
  return [`It begins with ${start}.`, ...calculate(start, steps).lines];
}

function backward(prompt: string, steps: readonly Step[]): string[] {
  const end = number(/In the end \w+ has (\d+)/, prompt);
  const undone = steps.toReversed().map((step) => ({ ...step, sign: INVERSE[step.sign] }));
  return [`It ends with ${end}. I go back.`, ...calculate(end, undone).lines];
}

/** The last line turned round: `21 - 6 = 15.` is checked by 15 + 6. */
function check(line: string): string {
  const [, before, sign, amount, after] = /(\d+) ([-+*/]) (\d+) = (\d+)\.$/.exec(line)!;
  return `Let me check: ${after} ${INVERSE[sign as Sign]} ${amount} = ${before}. That is right.`;
}
