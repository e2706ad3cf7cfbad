/** @file As many linear equations as unknowns, two to five, with one whole solution. */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import {
  div,
  equals,
  formatRational,
  mul,
  parseRational,
  type Rational,
  rational,
  sub,
} from '../rational.ts';

const LEVELS = [
  { unknowns: 2, max: 5 },
  { unknowns: 2, max: 12 },
  { unknowns: 3, max: 6 },
  { unknowns: 4, max: 6 },
  { unknowns: 5, max: 9 },
];
const NAMES = ['x', 'y', 'z', 'u', 'v'];

const INTROS = ['Solve the system of equations:', 'Find the unknowns:', 'These equations hold together:'];

/** The solution is chosen first and the coefficients around it; the solver eliminates, over exact fractions. */
export const linearSystem: TaskFamily = {
  name: 'linear-system',
  description: 'Solve a system of linear equations in two to five unknowns.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { unknowns, max } = atLevel(LEVELS, level);
    const names = NAMES.slice(0, unknowns);
    const solution = names.map(() => random.int(-max, max));
    for (;;) {
      const rows = names.map(() => names.map(() => random.int(-max, max)));
      const equations = rows.map((row) => writeEquation(row, solution));
      if (rows.some((row) => row.every((a) => a === 0)) || eliminate(equations.map(readEquation)) === null)
        continue;
      const form = names.map((name) => `${name} = ?`).join(', ');
      const text = [
        random.choice(INTROS),
        ...equations,
        `Answer in the form ${form}, each ? a whole number.`,
      ];
      const answer = names.map((name, i) => `${name} = ${solution[i]}`).join(', ');
      return { text: text.join('\n'), answer, meta: { unknowns, size: unknowns * 20 + max } };
    }
  },

  score(answer, problem) {
    const names = NAMES.slice(0, Number(problem.meta.unknowns));
    const given = readAssignment(answer, names);
    const right = readAssignment(problem.answer, names);
    return given !== null && right?.every((value, i) => equals(value, given[i]!)) ? 1 : 0;
  },

  solve({ text }) {
    const rows = text.split('\n').slice(1, -1).map(readEquation);
    const values = eliminate(rows);
    return values === null
      ? []
      : [values.map((value, i) => `${NAMES[i]} = ${formatRational(value)}`).join(', ')];
  },
};

function writeEquation(row: readonly number[], solution: readonly number[]): string {
  const terms = row.flatMap((a, i) =>
    a === 0 ? [] : [`${a < 0 ? '-' : '+'} ${Math.abs(a) === 1 ? '' : Math.abs(a)}${NAMES[i]}`],
  );
  const left = terms.join(' ').replace(/^\+ /, '').replace(/^- /, '-');
  return `${left} = ${row.reduce((sum, a, i) => sum + a * solution[i]!, 0)}`;
}

/** The coefficients of the unknowns and the right side, for as many unknowns as NAMES. */
function readEquation(equation: string): Rational[] {
  const [left = '', right = ''] = equation.replaceAll(' ', '').split('=');
  const row = NAMES.map((name) => {
    const term = new RegExp(`([+-]?)(\\d*)${name}`).exec(left);
    if (term === null) return rational(0);
    return rational(Number(`${term[1]}${term[2] || 1}`));
  });
  return [...row, rational(Number(right))];
}

/** Gauss–Jordan over as many unknowns as rows; null where they do not determine one solution. */
function eliminate(equations: readonly Rational[][]): Rational[] | null {
  const count = equations.length;
  let rows = equations.map((row) => [...row.slice(0, count), row.at(-1)!]);
  for (let column = 0; column < count; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column]!.num !== 0n);
    if (pivot < 0) return null;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const head = rows[column]!;
    const unit = head.map((a) => div(a, head[column]!));
    rows = rows.map((row, i) =>
      i === column ? unit : row.map((a, j) => sub(a, mul(row[column]!, unit[j]!))),
    );
  }
  return rows.map((row) => row[count]!);
}

/** The values by name in any order, or in the order of the names where none is written: `x = 1, y = 2` or `(1, 2)`. */
function readAssignment(answer: string, names: readonly string[]): Rational[] | null {
  const parts = plainAnswer(answer, 1000)
    .replace(/^[([{]|[)\]}]$/g, '')
    .split(/[,;\n]| and /);
  if (parts.length !== names.length) return null;
  const values = new Map<string, Rational>();
  for (const [i, part] of parts.entries()) {
    const pieces = part.split('=').map((piece) => piece.trim());
    const name = pieces.length === 2 ? pieces[0]!.toLowerCase() : names[i]!;
    const value = parseRational(pieces.at(-1)!);
    if (value === null || pieces.length > 2 || !names.includes(name) || values.has(name)) return null;
    values.set(name, value);
  }
  return names.map((name) => values.get(name)!);
}
