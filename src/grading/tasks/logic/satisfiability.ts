/**
 * @file Satisfiability: values for variables that make every clause true.
 *
 * Clauses are drawn at random among those a hidden assignment makes true; the solver is DPLL with unit propagation.
 */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

/** Variables, clauses and literals of a clause of each level; 4 clauses a variable and more leave few assignments. */
const LEVELS = [
  { variables: 3, clauses: 4, width: 2 },
  { variables: 4, clauses: 7, width: 2 },
  { variables: 6, clauses: 20, width: 3 },
  { variables: 9, clauses: 36, width: 3 },
  { variables: 14, clauses: 60, width: 3 },
] as const;

/** A literal: variable v as v + 1, its negation as −(v + 1). */
type Clause = readonly number[];

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const holds = (literal: number, values: readonly (boolean | undefined)[]) =>
  values[Math.abs(literal) - 1] === literal > 0;
const isOpen = (literal: number, values: readonly (boolean | undefined)[]) =>
  values[Math.abs(literal) - 1] === undefined;

/** Up to `limit` assignments that satisfy all clauses. */
function assignments(count: number, clauses: readonly Clause[], limit: number): boolean[][] {
  const found: boolean[][] = [];
  const search = (values: readonly (boolean | undefined)[]): void => {
    const unmet = clauses.filter((clause) => !clause.some((literal) => holds(literal, values)));
    const open = unmet.map((clause) => clause.filter((literal) => isOpen(literal, values)));
    if (open.some((literals) => literals.length === 0)) return;
    const unit = open.find((literals) => literals.length === 1);
    const literal = unit?.[0] ?? open[0]?.[0] ?? values.indexOf(undefined) + 1;
    if (literal === 0) {
      found.push(values as boolean[]);
      return;
    }
    const branches = unit === undefined ? [literal > 0, literal < 0] : [literal > 0];
    for (const value of branches) {
      if (found.length < limit) search(values.with(Math.abs(literal) - 1, value));
    }
  };
  search(Array.from({ length: count }));
  return found;
}

const answerOf = (values: readonly boolean[]) =>
  values.map((value, i) => `${LETTERS[i]}=${value}`).join(', ');

/** The values of an answer's pairs `A=true`; null where it holds anything else or leaves a variable out. */
function readValues(answer: string, count: number): boolean[] | null {
  const values: (boolean | undefined)[] = Array.from({ length: count });
  for (const piece of plainAnswer(answer, 2000).split(/[,;\n]/u)) {
    if (piece.trim() === '') continue;
    const match = /^([a-z])\s{0,9}[=:]\s{0,9}(true|false|t|f|1|0)$/iu.exec(piece.trim());
    const variable = match === null ? -1 : LETTERS.indexOf(match[1]!.toUpperCase());
    if (variable === -1 || variable >= count || values[variable] !== undefined) return null;
    values[variable] = /^(true|t|1)$/iu.test(match![2]!);
  }
  return values.includes(undefined) ? null : (values as boolean[]);
}

/** Satisfiability of a formula in conjunctive normal form. */
export const satisfiability: TaskFamily = {
  name: 'satisfiability',
  description: 'Find truth values that satisfy every clause of a formula.',
  levels: LEVELS.length,
  unique: false,
  generate(random, level) {
    const { variables, clauses: count, width } = atLevel(LEVELS, level);
    const hidden = Array.from({ length: variables }, () => random.chance(0.5));
    const clauses: Clause[] = [];
    while (clauses.length < count) {
      const chosen = random.shuffle(hidden.map((_, i) => i + 1)).slice(0, width);
      const clause = chosen.map((variable) => (random.chance(0.5) ? variable : -variable));
      if (clause.some((literal) => holds(literal, hidden))) clauses.push(clause);
    }
    const lines = clauses.map((clause) =>
      clause.map((literal) => `${literal < 0 ? 'not ' : ''}${LETTERS[Math.abs(literal) - 1]}`).join(' or '),
    );
    const text =
      `Find truth values for ${LETTERS.slice(0, variables).split('').join(', ')} so that each of these lines is true:\n` +
      `${lines.join('\n')}\nAnswer with a value for every letter, as in "A=true, B=false", separated by commas.`;
    return { text, answer: answerOf(hidden), meta: { variables, clauses, size: count } };
  },
  score(answer, { meta }) {
    const values = readValues(answer, meta.variables as number);
    if (values === null) return 0;
    return (meta.clauses as number[][]).every((clause) => clause.some((literal) => holds(literal, values)))
      ? 1
      : 0;
  },
  solve: ({ meta }) => assignments(meta.variables as number, meta.clauses as number[][], 2).map(answerOf),
};
