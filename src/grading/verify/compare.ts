/**
 * @file Comparison of an answer with the reference, by the kinds of the two.
 *
 * Lists without brackets and sets are unordered; tuples, vectors, matrices and ratios are ordered. What a name is given
 * (`x = 3`) equals the value alone.
 */
import { anyOf, compareExpressions, type Leaf } from './expressions.ts';
import { compareLiterals, letterOf, withRatios } from './literals.ts';
import { canonical, type Node, some } from './node.ts';
import { isClearlyRealSet, subjectOf, toRealSet } from './real-sets.ts';
import {
  assigned,
  assignments,
  byName,
  givenValue,
  isCollection,
  namesDiffer,
  reshape,
  unnamed,
} from './reshape.ts';
import { type Outcome, proportion } from './sampling.ts';

/** Longest lists compared without regard to order. */
const MAX_UNORDERED = 64;

/** All of these hold, as far as is known. */
function all(outcomes: Iterable<Outcome>): Outcome {
  let result: Outcome = 'equal';
  for (const outcome of outcomes) {
    if (outcome === 'different') return 'different';
    if (outcome === 'unknown') result = 'unknown';
  }
  return result;
}

/** Items in any order, each used once. */
function unordered(reference: readonly Node[], answer: readonly Node[], leaf: Leaf): Outcome {
  if (reference.length !== answer.length) return 'different';
  if (reference.length > MAX_UNORDERED) return 'unknown';
  const left = [...answer];
  let result: Outcome = 'equal';
  for (const item of reference) {
    const outcomes = left.map((candidate) => compare(item, candidate, leaf));
    let at = outcomes.indexOf('equal');
    if (at === -1) {
      at = outcomes.indexOf('unknown');
      if (at === -1) return 'different';
      result = 'unknown';
    }
    left.splice(at, 1);
  }
  return result;
}

function ordered(reference: readonly Node[], answer: readonly Node[], leaf: Leaf): Outcome {
  if (reference.length !== answer.length) return 'different';
  return all(reference.map((item, i) => compare(item, answer[i]!, leaf)));
}

/** Items that differ pairwise. */
function distinct(items: readonly Node[], leaf: Leaf): Node[] {
  if (items.length > MAX_UNORDERED) return [...items];
  const result: Node[] = [];
  for (const item of items) {
    if (!result.some((other) => compare(other, item, leaf) === 'equal')) result.push(item);
  }
  return result;
}

/** Several assignments against several, or against the tuple of the values in the order of the names. */
function compareAssignments(reference: Node, answer: Node, leaf: Leaf): Outcome | null {
  const [a, b] = [assignments(reference), assignments(answer)];
  if (a !== null && b !== null) {
    if (a.size !== b.size || ![...a.keys()].every((name) => b.has(name))) return 'different';
    return all([...a].map(([name, value]) => compare(value, b.get(name)!, leaf)));
  }
  const other = a === null ? reference : answer;
  if (a === null && b === null) return null;
  if (other.kind !== 'list' || other.open !== '(') return null;
  return a === null ? ordered(other.items, byName(b!), leaf) : ordered(byName(a), other.items, leaf);
}

function compareCollections(reference: Node, answer: Node, leaf: Leaf): Outcome {
  const itemsOf = (node: Node): readonly Node[] => (isCollection(node) ? unnamed(node.items) : [node]);
  const [a, b] = [itemsOf(reference), itemsOf(answer)];
  const asSet = [reference, answer].some((node) => node.kind === 'list' && node.open === '{');
  return asSet ? unordered(distinct(a, leaf), distinct(b, leaf), leaf) : unordered(a, b, leaf);
}

/** Whether a node is a pair in brackets: if its ends do not ascend, it is a tuple and no interval. */
const isBracketed = (node: Node): boolean => node.kind === 'list' && (node.open === '(' || node.open === '[');

/** Both read as sets of reals; null where one cannot be. */
function compareRealSets(reference: Node, answer: Node, leaf: Leaf): Outcome | null {
  const [a, b] = [toRealSet(givenValue(reference)), toRealSet(givenValue(answer))];
  if (a === null || b === null) return null;
  if ((a.length === 0 && isBracketed(reference)) || (b.length === 0 && isBracketed(answer))) return null;
  const [x, y] = [subjectOf(reference), subjectOf(answer)];
  if (x && y && x !== y) return 'different';
  if (a.length !== b.length) return 'different';
  return all(
    a.flatMap((part, i) => {
      const other = b[i]!;
      if (part.low.closed !== other.low.closed || part.high.closed !== other.high.closed)
        return ['different' as const];
      return [leaf(part.low.node, other.low.node), leaf(part.high.node, other.high.node)];
    }),
  );
}

const difference = (a: Node, b: Node): Node => ({ kind: 'sum', terms: [a, { kind: 'negative', of: b }] });

/** One relation between two sides, turned so that "<" and "≤" only are left. */
function oriented(node: Node & { kind: 'statement' }): { relation: string; side: Node } | null {
  if (node.sides.length !== 2) return null;
  const [left, right] = node.sides as [Node, Node];
  const relation = node.relations[0]!;
  if (relation === '>' || relation === '≥') {
    return { relation: relation === '>' ? '<' : '≤', side: difference(right, left) };
  }
  return { relation, side: difference(left, right) };
}

/** Equations and inequalities as multiples of one another. */
function compareStatements(
  reference: Node & { kind: 'statement' },
  answer: Node & { kind: 'statement' },
): Outcome {
  const [a, b] = [oriented(reference), oriented(answer)];
  if (a === null || b === null) return canonical(reference) === canonical(answer) ? 'equal' : 'different';
  if (a.relation !== b.relation || a.relation === '∈') return 'different';
  const ratio = proportion(a.side, b.side);
  if (ratio === 'unknown') return 'unknown';
  const symmetric = a.relation === '=' || a.relation === '≠';
  return ratio === 'positive' || (ratio === 'negative' && symmetric) ? 'equal' : 'different';
}

/** A list or matrix as the items of a vector: (1, 2), a row or a column. */
function vectorOf(node: Node): readonly Node[] | null {
  if (
    node.kind === 'list' &&
    (node.open === '(' ? node.close === ')' : node.open === '[' && node.close === ']')
  )
    return node.items;
  if (node.kind !== 'matrix') return null;
  if (node.rows.length === 1) return node.rows[0]!;
  return node.rows.every((row) => row.length === 1) ? node.rows.flat() : null;
}

function compareArrays(reference: Node, answer: Node, leaf: Leaf): Outcome | null {
  const [rowsA, rowsB] = [rowsOf(reference), rowsOf(answer)];
  const isColumn = rowsA !== null && rowsA.length > 1 && rowsA.every((row) => row.length === 1);
  if (isColumn && rowsB?.length === 1) return ordered(rowsA.flat(), rowsB[0]!, leaf);
  if (rowsA !== null && rowsB !== null) {
    if (rowsA.length !== rowsB.length) return 'different';
    return all(rowsA.map((row, i) => ordered(row, rowsB[i]!, leaf)));
  }
  const [a, b] = [vectorOf(reference), vectorOf(answer)];
  if (a === null || b === null) return null;
  if (reference.kind === 'list' && answer.kind === 'list') {
    if (reference.open !== answer.open || reference.close !== answer.close) return 'different';
  }
  return ordered(a, b, leaf);
}

/** The rows of a matrix, or of a list of lists: [[1, 2], [3, 4]]. */
function rowsOf(node: Node): readonly (readonly Node[])[] | null {
  if (node.kind === 'matrix') return node.rows;
  if (node.kind !== 'list' || node.open !== '[') return null;
  const rows = node.items.map((item) => (item.kind === 'list' && item.open === '[' ? item.items : null));
  return rows.every((row) => row !== null) ? rows : null;
}

/** a : b : c up to a common factor; two parts are also a fraction. */
function compareRatios(reference: Node, answer: Node, leaf: Leaf): Outcome | null {
  const fraction = (node: Node): Node =>
    node.kind === 'ratio' && node.parts.length === 2
      ? { kind: 'quotient', top: node.parts[0]!, bottom: node.parts[1]! }
      : node;
  if (reference.kind !== 'ratio' && answer.kind !== 'ratio') return null;
  if (reference.kind === 'statement' || answer.kind === 'statement') return null;
  if (reference.kind === 'ratio' && answer.kind === 'ratio') {
    const [a, b] = [reference.parts, answer.parts];
    if (a.length !== b.length) return 'different';
    return all(
      a
        .slice(1)
        .map((part, i) =>
          leaf({ kind: 'product', factors: [part, b[0]!] }, { kind: 'product', factors: [b[i + 1]!, a[0]!] }),
        ),
    );
  }
  const [left, right] = [fraction(reference), fraction(answer)];
  return left.kind === 'ratio' || right.kind === 'ratio'
    ? 'different'
    : compareExpressions(left, right, leaf);
}

const ARRAYS = new Set(['list', 'matrix', 'sets', 'builder']);

/** Letters by themselves; a letter's content stands in where the other side has no letter. */
function compareChoices(reference: Node, answer: Node, leaf: Leaf): Outcome {
  const [a, b] = [letterOf(reference), letterOf(answer)];
  if (a !== null && b !== null) return a === b ? 'equal' : 'different';
  const contents = [reference, answer].map((node) => (node.kind === 'choice' ? node.content : node));
  const [left, right] = contents as [Node | null, Node | null];
  return left === null || right === null ? 'different' : compare(left, right, leaf);
}

/** Whether the answer says what the reference says. */
export function compare(reference: Node, answer: Node, leaf: Leaf): Outcome {
  if (reference.kind === 'opaque' || answer.kind === 'opaque') return leaf(reference, answer);
  if (reference.kind === 'choice' || answer.kind === 'choice') return compareChoices(reference, answer, leaf);
  const [a, b] = withRatios(reshape(reference), reshape(answer));
  if (canonical(a) === canonical(b)) return 'equal';
  const literal = compareLiterals(a, b) ?? compareRatios(a, b, leaf) ?? compareAssignments(a, b, leaf);
  if (literal !== null) return literal;
  if (namesDiffer(a, b)) return 'different';
  if (isClearlyRealSet(a) || isClearlyRealSet(b)) {
    const sets = compareRealSets(a, b, leaf);
    if (sets !== null) return sets;
  }
  const given = compareGiven(a, b, leaf);
  if (given !== null) return given;
  if (a.kind === 'statement' && b.kind === 'statement') return compareStatements(a, b);
  if (isCollection(a) || isCollection(b)) return compareCollections(a, b, leaf);
  const arrays = compareArrays(a, b, leaf);
  if (arrays !== null) return arrays;
  if (a.kind === 'sets' && b.kind === 'sets' && a.operation === b.operation) {
    const straight = (): Outcome => all([compare(a.left, b.left, leaf), compare(a.right, b.right, leaf)]);
    if (a.operation === '∖') return straight();
    return anyOf(straight, () => all([compare(a.left, b.right, leaf), compare(a.right, b.left, leaf)]));
  }
  if (a.kind === 'statement' || b.kind === 'statement' || ARRAYS.has(a.kind) || ARRAYS.has(b.kind))
    return 'different';
  return compareExpressions(a, b, leaf);
}

/** A function of variables, which `y` may stand for: f(x), and not f(3) or E(X). */
const FUNCTION = /^call apply:(?![EP]\()[^(]*\((?:[A-Za-z]\w*;?)+\)$/;

/** Where one side or both give a name a value: the values are compared. */
function compareGiven(a: Node, b: Node, leaf: Leaf): Outcome | null {
  const [left, right] = [assigned(a), assigned(b)];
  if (left !== null && right !== null) {
    const named = left.name !== '' && right.name !== '';
    const functions = FUNCTION.test(left.name) !== FUNCTION.test(right.name);
    if (named && left.name !== right.name && !functions) return null;
    return compare(left.value, right.value, leaf);
  }
  if (left !== null && b.kind !== 'statement') return compare(left.value, b, leaf);
  if (right !== null && a.kind !== 'statement') return compare(a, right.value, leaf);
  if (left === null && right === null) return constantChain(a, b, leaf);
  return null;
}

/** `1/2 = 0.5` as an answer is its last side, where the sides are equal. */
function constantChain(a: Node, b: Node, leaf: Leaf): Outcome | null {
  const last = (node: Node): Node | null => {
    if (node.kind !== 'statement' || !node.relations.every((relation) => relation === '=')) return null;
    return some(node, ({ kind }) => kind === 'symbol') ? null : node.sides.at(-1)!;
  };
  const check = (node: Node & { kind: 'statement' }, value: Node, turn: boolean): Outcome =>
    all(node.sides.map((side) => (turn ? compare(side, value, leaf) : compare(value, side, leaf))));
  if (b.kind === 'statement' && last(b) !== null && a.kind !== 'statement') return check(b, a, false);
  if (a.kind === 'statement' && last(a) !== null && b.kind !== 'statement') return check(a, b, true);
  return null;
}
