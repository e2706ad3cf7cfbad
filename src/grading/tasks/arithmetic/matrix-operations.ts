/** @file Small whole matrices: transpose, product, determinant, and a sum of multiples. */
import type { Random } from '../../../random.ts';
import { scoreGrid, scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { size: 2, max: 5 },
  { size: 2, max: 12 },
  { size: 3, max: 9 },
  { size: 4, max: 9 },
  { size: 5, max: 12 },
];

type Matrix = readonly (readonly number[])[];
interface Kind {
  readonly wordings: readonly string[];
  readonly run: (a: Matrix, b: Matrix) => Matrix | number;
  /** The same by another way. */
  readonly check: (a: Matrix, b: Matrix) => Matrix | number;
}

const KINDS: { readonly [name: string]: Kind } = {
  transpose: {
    wordings: [
      'What is the transpose of A B, the product of both?',
      'Multiply A by B and transpose the result.',
    ],
    run: (a, b) => transpose(product(a, b)),
    // (AB)ᵀ = Bᵀ Aᵀ
    check: (a, b) => outerProducts(transpose(b), transpose(a)),
  },
  product: {
    wordings: ['Compute the matrix product A B.', 'Multiply the matrices: what is A times B, in this order?'],
    run: product,
    check: outerProducts,
  },
  sum: {
    wordings: ['Compute 3 A - 2 B.', 'What is three times A minus twice B?'],
    run: (a, b) => a.map((row, i) => row.map((x, j) => 3 * x - 2 * b[i]![j]!)),
    check: (a, b) => [a, a, a, negative(b), negative(b)].reduce(plus),
  },
  determinant: {
    wordings: ['What is the determinant of A + B?', 'Add A and B and find the determinant of the sum.'],
    run: (a, b) => expand(plus(a, b)),
    check: (a, b) => leibniz(plus(a, b)),
  },
};

/** The solver takes products as sums of outer products, and determinants by the formula of Leibniz. */
export const matrixOperations: TaskFamily = {
  name: 'matrix-operations',
  description: 'Multiply, transpose and combine matrices, or find a determinant.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { size, max } = atLevel(LEVELS, level);
    const [a, b] = [drawMatrix(random, size, max), drawMatrix(random, size, max)];
    const name = random.choice(Object.keys(KINDS));
    const kind = KINDS[name]!;
    const result = kind.run(a, b);
    const format =
      typeof result === 'number'
        ? 'Answer with a whole number.'
        : 'Answer with one pair of brackets for each row, as in [[1, 2], [3, 4]].';
    const text = [`A = ${write(a)}`, `B = ${write(b)}`, random.choice(kind.wordings), format].join('\n');
    return { text, answer: write(result), meta: { kind: name, size: size * 20 + max } };
  },

  score(answer, problem) {
    return problem.meta.kind === 'determinant'
      ? scoreNumber(answer, problem.answer)
      : scoreGrid(answer, problem.answer);
  },

  solve({ text, meta }) {
    const [a, b] = text
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line.startsWith('A =') || line.startsWith('B =') ? line.slice(4) : 'null') as Matrix,
      );
    return [write(KINDS[meta.kind as string]!.check(a!, b!))];
  },
};

function drawMatrix(random: Random, size: number, max: number): Matrix {
  return Array.from({ length: size }, () => Array.from({ length: size }, () => random.int(-max, max)));
}

function write(value: Matrix | number): string {
  return typeof value === 'number'
    ? String(value)
    : `[${value.map((row) => `[${row.join(', ')}]`).join(', ')}]`;
}

function transpose(a: Matrix): Matrix {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

function plus(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((x, j) => x + b[i]![j]!));
}

function negative(a: Matrix): Matrix {
  return a.map((row) => row.map((x) => 0 - x));
}

/** Rows times columns. */
function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => transpose(b).map((column) => row.reduce((sum, x, k) => sum + x * column[k]!, 0)));
}

/** Σₖ (column k of A)(row k of B). */
function outerProducts(a: Matrix, b: Matrix): Matrix {
  const terms: Matrix[] = b.map((row, k) => a.map((left) => row.map((x) => 0 + left[k]! * x)));
  return terms.reduce(plus);
}

/** Along the first row (Laplace). */
function expand(a: Matrix): number {
  if (a.length === 1) return a[0]![0]!;
  return a[0]!.reduce((sum, x, j) => {
    const minor = a.slice(1).map((row) => row.filter((_, column) => column !== j));
    return sum + (j % 2 === 0 ? x : -x) * expand(minor);
  }, 0);
}

/** Σ over permutations of sign · Π a[i][σ(i)]. */
function leibniz(a: Matrix): number {
  const go = (chosen: readonly number[]): number => {
    if (chosen.length === a.length) {
      const inversions = chosen.flatMap((x, i) => chosen.slice(i + 1).filter((y) => y < x)).length;
      return chosen.reduce((term, column, row) => term * a[row]![column]!, inversions % 2 === 0 ? 1 : -1);
    }
    return a.reduce((sum, _, column) => (chosen.includes(column) ? sum : sum + go([...chosen, column])), 0);
  };
  return go([]);
}
