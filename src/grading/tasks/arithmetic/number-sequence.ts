/**
 * @file The next term of a sequence. Finitely many terms follow many rules, so the text names the rules allowed, and a
 * sequence is kept only where all of them that fit it agree on the next term: unique under the named rules.
 */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

type Next = (terms: readonly number[]) => number | null;
interface Rule {
  readonly name: string;
  readonly make: (random: Random, max: number, length: number) => number[];
  /** The next term where the terms follow the rule, else null. */
  readonly next: Next;
}

const RULES: readonly Rule[] = [
  {
    name: 'a fixed number is added each time',
    make: (random, max, length) => iterate(random.int(-max, max), length, step(random, max)),
    next: nextByDifference,
  },
  {
    name: 'each term is the one before times a fixed whole number, plus a fixed whole number',
    make(random, max, length) {
      const factor = random.choice([2, 3, -2]);
      const shift = random.int(-max, max);
      return iterate(random.int(1, 9), length, (n) => factor * n + shift);
    },
    next: nextAffine,
  },
  {
    name: 'the differences between neighbours themselves grow by a fixed number',
    make(random, max, length) {
      const second = random.int(1, Math.max(2, Math.floor(max / 3)));
      const first = random.int(-max, max);
      const start = random.int(-max, max);
      return Array.from({ length }, (_, i) => start + first * i + (second * i * (i - 1)) / 2);
    },
    next: (terms) => lift(terms, nextByDifference),
  },
  {
    name: 'from the third on, each term is the sum of the two before it',
    make(random, max, length) {
      const terms = [random.int(1, max), random.int(1, max)];
      while (terms.length < length) terms.push(terms.at(-1)! + terms.at(-2)!);
      return terms;
    },
    next: (terms) =>
      terms.every((n, i) => i < 2 || n === terms[i - 1]! + terms[i - 2]!)
        ? terms.at(-1)! + terms.at(-2)!
        : null,
  },
  {
    name: 'the terms at odd places and those at even places each grow or fall by a fixed number of their own',
    make(random, max, length) {
      const odd = iterate(random.int(1, max), length, step(random, max));
      const even = iterate(random.int(1, max), length, step(random, max));
      return odd.flatMap((n, i) => [n, even[i]!]).slice(0, length);
    },
    next: (terms) => {
      const halves = [0, 1].map((half) => nextByDifference(terms.filter((_, i) => i % 2 === half)));
      return halves.includes(null) ? null : halves[terms.length % 2]!;
    },
  },
];

const LEVELS = [
  { rules: 1, max: 9 },
  { rules: 2, max: 12 },
  { rules: 3, max: 20 },
  { rules: 4, max: 40 },
  { rules: 5, max: 90 },
];
const SHOWN = 7;
const INTROS = [
  'What is the next term of this sequence?',
  'Continue the sequence by one term:',
  'Which number comes next?',
];

/** The generator draws a rule of the level; the solver tries every named rule and keeps what fits. */
export const numberSequence: TaskFamily = {
  name: 'number-sequence',
  description: 'Find the next term of a number sequence under named kinds of rules.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { rules, max } = atLevel(LEVELS, level);
    const allowed = RULES.slice(0, rules);
    for (;;) {
      // The newest rule of a level is drawn half of the time.
      const rule = random.chance(0.5) ? allowed.at(-1)! : random.choice(allowed);
      const terms = rule.make(random, max, SHOWN + 1);
      const shown = terms.slice(0, SHOWN);
      if (new Set(shown).size === 1 || continuations(shown, allowed).length !== 1) continue;
      const names = allowed.map(({ name }) => `- ${name}`);
      const text = [
        random.choice(INTROS),
        shown.join(', '),
        allowed.length === 1 ? 'The rule:' : 'The rule is one of these:',
        ...names,
        'Answer with one whole number.',
      ];
      return { text: text.join('\n'), answer: String(terms[SHOWN]), meta: { rules, size: rules * max } };
    }
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text, meta }) {
    const terms = (text.split('\n')[1] ?? '').split(', ').map(Number);
    return continuations(terms, RULES.slice(0, Number(meta.rules))).map(String);
  },
};

function continuations(terms: readonly number[], rules: readonly Rule[]): number[] {
  return [...new Set(rules.flatMap(({ next }) => next(terms) ?? []))];
}

function iterate(start: number, length: number, next: (n: number) => number): number[] {
  const terms = [start];
  while (terms.length < length) terms.push(next(terms.at(-1)!));
  return terms;
}

function step(random: Random, max: number): (n: number) => number {
  const size = random.int(1, max) * (random.chance(0.3) ? -1 : 1);
  return (n) => n + size;
}

function nextByDifference(terms: readonly number[]): number | null {
  const difference = terms[1]! - terms[0]!;
  const fits = terms.every((n, i) => i === 0 || n - terms[i - 1]! === difference);
  return fits ? terms.at(-1)! + difference : null;
}

/** The next term where the differences of neighbours follow `next`. */
function lift(terms: readonly number[], next: Next): number | null {
  const difference = next(terms.slice(1).map((n, i) => n - terms[i]!));
  return difference === null ? null : terms.at(-1)! + difference;
}

function nextAffine(terms: readonly number[]): number | null {
  const [a, b, c] = terms as [number, number, number];
  // Two equal neighbours stay equal for ever; else the factor is a ratio of differences.
  const factor = a === b ? 0 : (c - b) / (b - a);
  const shift = b - factor * a;
  const fits =
    Number.isInteger(factor) && terms.every((n, i) => i === 0 || n === factor * terms[i - 1]! + shift);
  return fits ? factor * terms.at(-1)! + shift : null;
}
