/** @file Counting arrangements and choices. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { n: 5, parts: 2 },
  { n: 7, parts: 2 },
  { n: 9, parts: 3 },
  { n: 12, parts: 4 },
  { n: 16, parts: 5 },
];

type Numbers = readonly number[];
interface Kind {
  readonly draw: (random: Random, n: number, parts: number) => Numbers;
  readonly wordings: readonly ((numbers: Numbers) => string)[];
  /** By formula. */
  readonly formula: (numbers: Numbers) => number;
  /** By recursion on the choices. */
  readonly count: (numbers: Numbers) => number;
}

const KINDS: { readonly [name: string]: Kind } = {
  choose: {
    draw: (random, n) => pair(random, n),
    wordings: [
      ([n, k]) => `In how many ways can a committee of ${k} be chosen from ${n} people?`,
      ([n, k]) => `How many different sets of ${k} books can be picked from ${n} different books?`,
    ],
    formula: ([n, k]) => factorial(n!) / factorial(k!) / factorial(n! - k!),
    count: ([n, k]) => pascal(n!, k!),
  },
  arrange: {
    draw: (random, n) => pair(random, Math.min(n, 10)),
    wordings: [
      ([n, k]) => `${n} runners race. In how many ways can the first ${k} places be taken, without ties?`,
      ([n, k]) => `In how many ways can ${k} of ${n} different flags be hung in a row?`,
    ],
    formula: ([n, k]) => factorial(n!) / factorial(n! - k!),
    count: ([n, k]) => (k === 0 ? 1 : n! * KINDS.arrange!.count([n! - 1, k! - 1])),
  },
  multiset: {
    draw: (random, n, parts) => Array.from({ length: parts }, () => random.int(1, Math.ceil(n / parts))),
    wordings: [
      (counts) =>
        `In how many different orders can these letters be written in a row: ${counts.map((c, i) => `${c} ${'ABCDE'[i]}`).join(', ')}?`,
      (counts) =>
        `Beads of the same colour look alike. How many different rows can be made of all these beads: ${counts.map((c, i) => `${c} ${['red', 'blue', 'green', 'white', 'black'][i]}`).join(', ')}?`,
    ],
    formula: (counts) => counts.reduce((rows, c) => rows / factorial(c), factorial(sum(counts))),
    count: countRows,
  },
  paths: {
    draw: (random, n) => [random.int(2, Math.ceil(n / 2)), random.int(2, Math.ceil(n / 2) + 1)],
    wordings: [
      ([right, down]) =>
        `On a grid of streets, how many shortest ways lead from a corner to the one ${right} blocks east and ${down} blocks south?`,
      ([right, down]) =>
        `A robot moves only right or down, one cell at a time. In how many ways can it go ${right} cells to the right and ${down} cells down?`,
    ],
    formula: ([right, down]) => factorial(right! + down!) / factorial(right!) / factorial(down!),
    count: ([right, down]) => pascal(right! + down!, down!),
  },
};

/** By factorials; the solver counts by recursion without them. */
export const combinatorics: TaskFamily = {
  name: 'combinatorics',
  description: 'Count choices, arrangements and ways on a grid.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { n, parts } = atLevel(LEVELS, level);
    const name = random.choice(Object.keys(KINDS));
    const kind = KINDS[name]!;
    const numbers = kind.draw(random, n, parts);
    const text = `${random.choice(kind.wordings)(numbers)} Answer with a whole number.`;
    return {
      text,
      answer: String(kind.formula(numbers)),
      meta: { kind: name, numbers, size: n },
    };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, ['ways', 'way']),

  solve: ({ meta }) => [String(KINDS[meta.kind as string]!.count(meta.numbers as Numbers))],
};

function pair(random: Random, max: number): Numbers {
  const n = random.int(Math.ceil(max / 2) + 1, max);
  return [n, random.int(2, n - 1)];
}

function sum(numbers: Numbers): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Exact in a double up to 22!: what exceeds 53 bits is zeros. */
function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/** C(n, k) by the last row of Pascal's triangle. */
function pascal(n: number, k: number): number {
  let row = [1];
  for (let i = 0; i < n; i++) row = [1, ...row.map((value, j) => value + (row[j + 1] ?? 0))];
  return row[k]!;
}

/** Rows of a multiset: the last one's places among all, times the rows of the others. */
function countRows(counts: Numbers): number {
  return counts.length <= 1 ? 1 : pascal(sum(counts), counts.at(-1)!) * countRows(counts.slice(0, -1));
}
