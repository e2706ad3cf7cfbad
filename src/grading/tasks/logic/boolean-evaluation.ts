/**
 * @file Truth values of statements in `and`, `or`, `xor`, `not`: several at a time, so that guessing seldom pays.
 *
 * The generator evaluates the trees it draws; the solver parses what is written.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readWords } from '../read.ts';

/** Lines to evaluate, and operators in each, of each level. */
const LEVELS = [
  { lines: 3, operators: 1 },
  { lines: 4, operators: 2 },
  { lines: 4, operators: 4 },
  { lines: 5, operators: 7 },
  { lines: 6, operators: 12 },
] as const;

const OPERATORS: { readonly [name: string]: (a: boolean, b: boolean) => boolean } = {
  and: (a, b) => a && b,
  or: (a, b) => a || b,
  xor: (a, b) => a !== b,
};

interface Tree {
  readonly text: string;
  readonly value: boolean;
}

function randomTree(operators: number, random: Random): Tree {
  if (operators === 0) {
    const value = random.chance(0.5);
    return { text: String(value), value };
  }
  if (random.chance(0.3)) {
    const inner = randomTree(operators - 1, random);
    return { text: `not ${inner.text}`, value: !inner.value };
  }
  const name = random.choice(Object.keys(OPERATORS));
  const left = random.int(0, operators - 1);
  const [a, b] = [randomTree(left, random), randomTree(operators - 1 - left, random)];
  return { text: `(${a.text} ${name} ${b.text})`, value: OPERATORS[name]!(a.value, b.value) };
}

/** The value of a line as the generator writes it: every pair in parentheses, `not` before what it denies. */
export function evaluated(line: string): boolean {
  const tokens = line.match(/[()]|\w+/gu) ?? [];
  let at = 0;
  const value = (): boolean => {
    const token = tokens[at++];
    if (token === 'not') return !value();
    if (token !== '(') return token === 'true';
    const left = value();
    const operator = OPERATORS[tokens[at++]!]!;
    const right = value();
    at++; // the closing parenthesis
    return operator(left, right);
  };
  return value();
}

/** Evaluation of propositions. */
export const booleanEvaluation: TaskFamily = {
  name: 'boolean-evaluation',
  description: 'Evaluate several expressions in and, or, xor and not.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const { lines: count, operators } = atLevel(LEVELS, level);
    const trees = Array.from({ length: count }, () => randomTree(operators, random));
    const lines = trees.map(({ text }) => text);
    const text =
      `Evaluate each of these ${count} lines (xor: exactly one of the two is true):\n${lines.join('\n')}\n` +
      'Answer with the values in order, true or false, separated by commas.';
    return {
      text,
      answer: trees.map(({ value }) => value).join(', '),
      meta: { lines, size: count * operators },
    };
  },
  score(answer, problem) {
    return readWords(plainAnswer(answer, 1000))?.join(' ') === readWords(problem.answer)!.join(' ') ? 1 : 0;
  },
  solve: ({ meta }) => [(meta.lines as string[]).map(evaluated).join(', ')],
};
