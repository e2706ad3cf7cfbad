/** @file Output of a small imperative program: assignments, repetitions, conditions. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { variables: 2, statements: 2, depth: 0 },
  { variables: 2, statements: 3, depth: 1 },
  { variables: 3, statements: 4, depth: 1 },
  { variables: 3, statements: 5, depth: 2 },
  { variables: 4, statements: 8, depth: 2 },
];
const NAMES = ['a', 'b', 'c', 'd'];
/** Programs in which a value grows beyond this are drawn again. */
const MAX_VALUE = 100_000;
const INTROS = [
  'What does this program print?',
  'Trace the program by hand. What number does it print?',
  'Which output does the following program give?',
];
const LEGEND =
  'Indented lines belong to the line above that ends with a colon; "repeat n times" runs them n times in all. Answer with one whole number.';

type Values = Map<string, number>;
interface Statement {
  readonly lines: readonly string[];
  readonly run: (values: Values) => void;
}

/** Statements run as they are made; the solver interprets the printed lines by their indentation. */
export const programTrace: TaskFamily = {
  name: 'program-trace',
  description: 'Find what a small program prints.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const names = NAMES.slice(0, difficulty.variables);
    for (;;) {
      const values: Values = new Map(names.map((name) => [name, random.int(1, 9)]));
      const opening = names.map((name) => `${name} = ${values.get(name)}`);
      const body = Array.from({ length: difficulty.statements }, (_, i) =>
        makeStatement(random, names, i === 0 ? difficulty.depth : random.int(0, difficulty.depth)),
      );
      for (const statement of body) statement.run(values);
      const printed = random.choice(names);
      if ([...values.values()].some((value) => !(Math.abs(value) <= MAX_VALUE))) continue;
      const program = [...opening, ...body.flatMap(({ lines }) => lines), `print ${printed}`];
      const text = [random.choice(INTROS), ...program, LEGEND].join('\n');
      return { text, answer: String(values.get(printed)), meta: { size: program.length } };
    }
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text }) {
    const lines = text.split('\n').slice(1, -1);
    const values: Values = new Map();
    interpret(lines.slice(0, -1), values);
    return [String(values.get(lines.at(-1)!.replace('print ', '')))];
  },
};

function makeStatement(random: Random, names: readonly string[], depth: number): Statement {
  const name = random.choice(names);
  if (depth === 0) return assignment(random, name, names);
  const inner = [makeStatement(random, names, depth - 1), makeStatement(random, names, 0)];
  const body = inner.flatMap(({ lines }) => lines.map((line) => `  ${line}`));
  const runBody = (values: Values) => {
    for (const statement of inner) statement.run(values);
  };
  if (random.chance(0.6)) {
    const times = random.int(2, 4);
    const run = (values: Values) => {
      for (let i = 0; i < times; i++) runBody(values);
    };
    return { lines: [`repeat ${times} times:`, ...body], run };
  }
  const limit = random.int(2, 20);
  const isAbove = random.chance(0.5);
  const run = (values: Values) => {
    if (isAbove ? values.get(name)! > limit : values.get(name)! < limit) runBody(values);
  };
  return { lines: [`if ${name} ${isAbove ? '>' : '<'} ${limit}:`, ...body], run };
}

function assignment(random: Random, name: string, names: readonly string[]): Statement {
  const left = random.choice(names);
  const other = random.choice(names.filter((candidate) => candidate !== left));
  const n = random.int(2, 9);
  const [right, value] = random.chance(0.5)
    ? [other, (values: Values) => values.get(other)!]
    : [String(n), () => n];
  const operator = random.weighted([
    ['+', 3],
    ['-', 3],
    ['*', 1],
  ] as const);
  const run = (values: Values) => values.set(name, apply(operator, values.get(left)!, value(values)));
  return { lines: [`${name} = ${left} ${operator} ${right}`], run };
}

function apply(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  return operator === '-' ? a - b : a * b + 0;
}

/** Runs lines of one indentation and the blocks below them. */
function interpret(lines: readonly string[], values: Values): void {
  for (let at = 0; at < lines.length; ) {
    const line = lines[at++]!;
    const start = at;
    while (lines[at]?.startsWith('  ')) at++;
    const block = lines.slice(start, at).map((inner) => inner.slice(2));
    const times = timesOf(line, values);
    if (times === null) assign(line, values);
    for (let i = 0; i < (times ?? 0); i++) interpret(block, values);
  }
}

/** How often the block of a line is run; null where the line is an assignment. */
function timesOf(line: string, values: Values): number | null {
  const times = /^repeat (\d+) times:$/.exec(line)?.[1];
  if (times !== undefined) return Number(times);
  const [, name = '', relation, limit] = /^if (\w) ([<>]) (\d+):$/.exec(line) ?? [];
  if (relation === undefined) return null;
  const gap = values.get(name)! - Number(limit);
  return (relation === '>' ? gap > 0 : gap < 0) ? 1 : 0;
}

function assign(line: string, values: Values): void {
  const [name = '', , left = '', operator, right = ''] = line.split(' ');
  const read = (token: string) => values.get(token) ?? Number(token);
  values.set(name, operator === undefined ? read(left) : apply(operator, read(left), read(right)));
}
