/** @file Whole-number arithmetic with precedence and parentheses; every division comes out even. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { formatRational } from '../rational.ts';
import { readValue } from './read-polynomial.ts';

const LEVELS = [
  { operands: 2, max: 20 },
  { operands: 3, max: 20 },
  { operands: 4, max: 50 },
  { operands: 6, max: 100 },
  { operands: 8, max: 200 },
  { operands: 12, max: 1000 },
];
/** No value on the way exceeds this. */
const MAX_VALUE = 1_000_000;

interface Term {
  readonly text: string;
  readonly value: number;
  /** 1 sum, 2 product, 3 number. */
  readonly rank: number;
}

const INTROS = [
  'Work out the value of this expression:',
  'Calculate:',
  'What does the following come to?',
  'Evaluate, following the usual order of operations:',
];

/** The expression is made from values upwards; the solver reads the written line by the rules of precedence. */
export const arithmetic: TaskFamily = {
  name: 'arithmetic',
  description: 'Evaluate an expression with + - * / and parentheses over whole numbers.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { operands, max } = atLevel(LEVELS, level);
    const term = makeTerm(random, operands, max);
    const text = `${random.choice(INTROS)}\n${term.text}\nAnswer with a whole number, negative if need be.`;
    return { text, answer: String(term.value), meta: { size: operands } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text }) {
    const value = readValue(text.split('\n')[1] ?? '');
    return value === null ? [] : [formatRational(value)];
  },
};

function makeTerm(random: Random, operands: number, max: number): Term {
  if (operands === 1) {
    const value = random.int(1, max);
    return { text: String(value), value, rank: 3 };
  }
  const left = makeTerm(random, random.int(1, operands - 1), max);
  const right = makeTerm(random, operands - countNumbers(left.text), max);
  const operators = ['+', '-'];
  if (Math.abs(left.value * right.value) <= MAX_VALUE) operators.push('*', '*');
  if (right.value !== 0 && left.value % right.value === 0) operators.push('/', '/');
  return join(random.choice(operators), left, right);
}

function countNumbers(text: string): number {
  return text.match(/\d+/g)?.length ?? 0;
}

function join(operator: string, left: Term, right: Term): Term {
  const rank = operator === '+' || operator === '-' ? 1 : 2;
  // On the right of - and / even an equal rank needs its parentheses.
  const needed = operator === '-' || operator === '/' ? rank + 1 : rank;
  const text = `${bracket(left, rank)} ${operator} ${bracket(right, needed)}`;
  return { text, value: apply(operator, left.value, right.value), rank };
}

function bracket(term: Term, rank: number): string {
  return term.rank < rank ? `(${term.text})` : term.text;
}

function apply(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  // + 0 turns a -0 into 0.
  return (operator === '*' ? a * b : a / b) + 0;
}
