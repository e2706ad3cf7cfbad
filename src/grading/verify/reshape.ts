/** @file The shapes an answer may be written in brought to fewer: ± as two values, names taken off, sums of parts. */
import { canonical, children, mapChildren, type Node, some } from './node.ts';
import { hasUnits, quantityOf } from './quantity.ts';

type List = Node & { kind: 'list' };

/** Whether a node is a set or a list without brackets. */
export const isCollection = (node: Node): node is List =>
  node.kind === 'list' && (node.open === '' || node.open === '{');

/** One branch of every ± in a node. */
function branch(node: Node, sign: 1 | -1): Node {
  if (node.kind !== 'plus-minus') return mapChildren(node, (child) => branch(child, sign));
  const of = branch(node.of, sign);
  return node.sign === sign ? of : { kind: 'negative', of };
}

/** ± as the list of its two branches. */
export function expand(node: Node): Node {
  if (!some(node, ({ kind }) => kind === 'plus-minus')) return node;
  if (node.kind === 'list' && (node.open === '' || node.open === '{')) {
    const items = node.items.flatMap((item) => {
      const expanded = expand(item);
      return expanded.kind === 'list' && expanded.open === '' ? expanded.items : [expanded];
    });
    return { ...node, items };
  }
  return { kind: 'list', open: '', close: 'or', items: [branch(node, 1), branch(node, -1)] };
}

const isNamed = (node: Node): boolean => node.kind === 'symbol';

/** Quantities that are made of names alone: |z|, a : b, a/b. */
function isOfNames(node: Node): boolean {
  if (node.kind === 'call') return node.name === 'abs' && node.args.every(isNamed);
  if (node.kind === 'ratio') return node.parts.every(isNamed);
  return node.kind === 'quotient' && isNamed(node.top) && isNamed(node.bottom);
}

/** A name that a value is given to: x, x_1, f(x), |z|, a : b, or words. */
export function nameOf(node: Node): string | null {
  if (node.kind === 'symbol') return node.name;
  if (isOfNames(node)) return canonical(node);
  if (node.kind === 'call' && (node.name.startsWith('apply:') || node.name === 'overline'))
    return canonical(node);
  if (node.kind === 'unit' || node.kind === 'text') return '';
  if (node.kind === 'list' && node.open === '(' && node.items.every(({ kind }) => kind === 'symbol'))
    return canonical(node);
  if (node.kind === 'product' && node.factors.some((factor) => factor.kind === 'unit')) return '';
  return null;
}

export interface Assigned {
  /** '' for words, which name nothing that could differ. */
  readonly name: string;
  readonly value: Node;
}

/** What `x = 3`, `3 = x`, `x ∈ S`, `x = 2 + 3 = 5` say; null for other nodes. */
export function assigned(node: Node): Assigned | null {
  if (node.kind !== 'statement') return null;
  const [first, last] = [node.sides[0]!, node.sides.at(-1)!];
  if (node.relations.every((relation) => relation === '=')) {
    const name = nameOf(first);
    if (name !== null && !contains(last, first)) return { name, value: last };
    const reverse = node.sides.length === 2 ? nameOf(last) : null;
    return reverse !== null && !contains(first, last) ? { name: reverse, value: first } : null;
  }
  if (node.relations.length === 1 && node.relations[0] === '∈' && first.kind === 'symbol') {
    return { name: first.name, value: last };
  }
  return null;
}

/** Whether a value holds the name it is given to, or one of those that the name is made of. */
function contains(value: Node, named: Node): boolean {
  const names = isNamed(named) ? [named] : isOfNames(named) ? children(named) : [];
  return names.some((name) =>
    some(value, (part) => part.kind === 'symbol' && canonical(part) === canonical(name)),
  );
}

/** Approximations and chains of equal constants brought down to one value. */
export function settle(node: Node): Node {
  if (node.kind !== 'statement') return node;
  const [first] = node.sides as [Node];
  const approximate = node.relations.indexOf('≈');
  if (approximate > 0) {
    return settle({
      ...node,
      sides: node.sides.slice(0, approximate + 1),
      relations: node.relations.slice(0, approximate),
    });
  }
  if (approximate === 0)
    return nameOf(first) === null ? first : { ...node, relations: node.relations.map(() => '=') };
  return node.relations.length === 0 ? first : node;
}

/** Every rewriting of an answer that does not depend on the other side. */
export function reshape(node: Node): Node {
  return sumOfParts(scaledMatrix(settle(expand(node))));
}

/** `5 hours and 30 minutes`: one quantity in two units of one dimension. */
function sumOfParts(node: Node): Node {
  if (
    node.kind !== 'list' ||
    node.close !== 'and' ||
    node.items.length !== 2 ||
    !node.items.every(hasUnits)
  ) {
    return node;
  }
  const [first, second] = node.items.map(quantityOf);
  const sum: Node = { kind: 'sum', terms: node.items };
  const same = first!.factor.n === second!.factor.n && first!.factor.d === second!.factor.d;
  return same || quantityOf(sum).dimensions.size === 0 ? node : sum;
}

/** A matrix with its scalar factors and its sign multiplied in. */
function scaledMatrix(node: Node): Node {
  if (node.kind === 'negative') {
    const of = scaledMatrix(node.of);
    return of.kind === 'matrix' ? mapChildren(of, (entry) => ({ kind: 'negative', of: entry })) : node;
  }
  if (node.kind !== 'product') return node;
  const matrices = node.factors.filter(({ kind }) => kind === 'matrix');
  const scalars = node.factors.filter(({ kind }) => kind !== 'matrix');
  if (matrices.length !== 1) return node;
  return mapChildren(matrices[0]!, (entry) => ({ kind: 'product', factors: [...scalars, entry] }));
}

/** x = 3, y = 4: names and values; null unless the items give different names values. */
export function assignments(node: Node): Map<string, Node> | null {
  if (node.kind !== 'list' || node.items.length < 2) return null;
  const map = new Map<string, Node>();
  for (const item of node.items) {
    const given = assigned(item);
    if (given === null || map.has(given.name)) return null;
    map.set(given.name, given.value);
  }
  return map;
}

/** The names that the items of a list, or the member of a set, are given to; none elsewhere. */
function givenNames(node: Node): ReadonlySet<string> {
  const member = node.kind === 'statement' && node.relations[0] === '∈';
  const items = member ? [node] : isCollection(node) ? node.items : [];
  const names = items.map((item) => assigned(settle(item))?.name ?? '');
  return new Set(names.filter((name) => name !== '' && !name.startsWith('call ')));
}

const isStatement = (node: Node): boolean => node.kind === 'statement';
const holdsStatements = (node: Node): boolean =>
  isStatement(node) || (node.kind === 'list' && node.items.some(isStatement));

/** Whether two collections give values to other names: `x = 2 or 3` and `y = 2 or 3`. */
export function namesDiffer(a: Node, b: Node): boolean {
  if (!holdsStatements(a) || !holdsStatements(b)) return false;
  const [left, right] = [givenNames(a), givenNames(b)];
  if (left.size === 0 || right.size === 0) return false;
  return left.size !== right.size || [...left].some((name) => !right.has(name));
}

export function byName(map: ReadonlyMap<string, Node>): Node[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** The values of a list's items without the one name they are all given to. */
export function unnamed(items: readonly Node[]): readonly Node[] {
  const given = items.map((item) => assigned(settle(item)));
  const names = new Set(given.filter((item) => item !== null).map(({ name }) => name));
  return names.size === 1 ? items.map((item, i) => given[i]?.value ?? item) : items;
}

/** The set in x ∈ S, the value in x = v; the node itself otherwise. */
export function givenValue(node: Node): Node {
  return node.kind === 'statement' && node.relations[0] === '∈' ? node.sides.at(-1)! : node;
}
