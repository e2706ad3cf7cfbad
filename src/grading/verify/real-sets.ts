/** @file Sets of real numbers as unions of intervals: from brackets, inequalities, unions, set-builders. */
import { canonical, type Node, type Relation } from './node.ts';
import { realValue } from './sampling.ts';

/** An end of an interval. */
interface End {
  readonly value: number;
  readonly node: Node;
  readonly closed: boolean;
}

export interface Interval {
  readonly low: End;
  readonly high: End;
}

/** Intervals in ascending order that neither overlap nor touch. */
export type RealSet = readonly Interval[];

const INFINITY: Node = { kind: 'constant', name: 'infinity' };
const MINUS: End = {
  value: Number.NEGATIVE_INFINITY,
  node: { kind: 'negative', of: INFINITY },
  closed: false,
};
const PLUS: End = { value: Number.POSITIVE_INFINITY, node: INFINITY, closed: false };
const REALS: RealSet = [{ low: MINUS, high: PLUS }];

/** Sets have at most this many parts. */
const MAX_PARTS = 64;

function near(a: number, b: number): boolean {
  return a === b || (Number.isFinite(a - b) && Math.abs(a - b) <= 1e-12 * Math.min(Math.abs(a), Math.abs(b)));
}

function end(node: Node, closed: boolean): End | null {
  const value = realValue(node);
  return value === null ? null : { value, node, closed: closed && Number.isFinite(value) };
}

function interval(low: End | null, high: End | null): RealSet | null {
  if (low === null || high === null) return null;
  const point = near(low.value, high.value);
  if (low.value > high.value && !point) return [];
  return point && !(low.closed && high.closed) ? [] : [{ low, high }];
}

function union(a: RealSet, b: RealSet): RealSet {
  const sorted = [...a, ...b].sort(
    (x, y) => x.low.value - y.low.value || Number(y.low.closed) - Number(x.low.closed),
  );
  const result: Interval[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    const gap =
      last === undefined || (next.low.value > last.high.value && !near(next.low.value, last.high.value));
    const touching = last !== undefined && near(next.low.value, last.high.value);
    if (last === undefined || gap || (touching && !next.low.closed && !last.high.closed)) result.push(next);
    else if (
      next.high.value > last.high.value ||
      (near(next.high.value, last.high.value) && next.high.closed)
    ) {
      result[result.length - 1] = { low: last.low, high: next.high };
    }
  }
  return result;
}

function complement(set: RealSet): RealSet {
  const result: Interval[] = [];
  let low: End = MINUS;
  const flip = (of: End): End => ({ ...of, closed: !of.closed && Number.isFinite(of.value) });
  for (const part of set) {
    result.push(...(interval(low, flip(part.low)) ?? []));
    low = flip(part.high);
  }
  result.push(...(low === MINUS || low.value < Number.POSITIVE_INFINITY ? (interval(low, PLUS) ?? []) : []));
  return result;
}

function intersection(a: RealSet, b: RealSet): RealSet {
  return complement(union(complement(a), complement(b)));
}

const FLIPPED: Readonly<Record<Relation, Relation>> = {
  '=': '=', '≠': '≠', '<': '>', '≤': '≥', '>': '<', '≥': '≤', '∈': '∈', '≈': '≈',
}; // biome-ignore format: a table

/** {x : x relation bound}. */
function halfLine(relation: Relation, bound: Node): RealSet | null {
  switch (relation) {
    case '<':
    case '≤':
      return interval(MINUS, end(bound, relation === '≤'));
    case '>':
    case '≥':
      return interval(end(bound, relation === '≥'), PLUS);
    case '=':
      return interval(end(bound, true), end(bound, true));
    case '≠': {
      const point = interval(end(bound, true), end(bound, true));
      return point && complement(point);
    }
    case '∈':
      return toRealSet(bound);
    case '≈':
      return null;
  }
}

/** What |x − c| is about: the variable, and the centre c where there is one; null for other expressions. */
function magnitudeOf(node: Node): { readonly name: string; readonly centre: Node | null } | null {
  if (node.kind !== 'call' || node.name !== 'abs') return null;
  const [inside] = node.args as [Node];
  if (inside.kind === 'symbol') return { name: inside.name, centre: null };
  if (inside.kind !== 'sum') return null;
  const isVariable = (term: Node): boolean =>
    term.kind === 'symbol' || (term.kind === 'negative' && term.of.kind === 'symbol');
  const variable = inside.terms.find(isVariable);
  const rest = inside.terms.filter((term) => term !== variable);
  if (variable === undefined || rest.some((term) => realValue(term) === null)) return null;
  const sum: Node = { kind: 'sum', terms: rest };
  return variable.kind === 'symbol'
    ? { name: variable.name, centre: { kind: 'negative', of: sum } }
    : { name: ((variable as Node & { kind: 'negative' }).of as Node & { kind: 'symbol' }).name, centre: sum };
}

/** {x : |x − centre| relation bound}. */
function magnitudeSet(centre: Node | null, relation: Relation, bound: Node): RealSet | null {
  const closed = relation === '≤' || relation === '>';
  const at = (of: Node): Node => (centre === null ? of : { kind: 'sum', terms: [centre, of] });
  const inside = interval(end(at({ kind: 'negative', of: bound }), closed), end(at(bound), closed));
  if (relation === '<' || relation === '≤') return inside;
  return inside && (relation === '>' || relation === '≥') ? complement(inside) : null;
}

/** A chain such as 1 < x ≤ 3 as a set, with the name of its variable. */
function statementSet(node: Node & { kind: 'statement' }): RealSet | null {
  const at = subjectAt(node);
  if (at === -1 || node.sides.length > 3) return null;
  const magnitude = magnitudeOf(node.sides[at]!);
  let set: RealSet | null = REALS;
  for (const [i, relation] of node.relations.entries()) {
    if (i !== at && i + 1 !== at) return null;
    const [seen, bound] = i === at ? [relation, node.sides[i + 1]!] : [FLIPPED[relation], node.sides[i]!];
    const part = magnitude === null ? halfLine(seen, bound) : magnitudeSet(magnitude.centre, seen, bound);
    if (part === null || (relation === '∈' && i !== at)) return null;
    set = set && intersection(set, part);
  }
  return set;
}

const isApplied = (node: Node): boolean => node.kind === 'call' && node.name.startsWith('apply:');

/** The side that a chain is about: a variable, a distance |x − c|, or a value f(x); -1 where there is none. */
function subjectAt(node: Node & { kind: 'statement' }): number {
  const symbol = node.sides.findIndex(({ kind }) => kind === 'symbol');
  return symbol === -1
    ? node.sides.findIndex((side) => magnitudeOf(side) !== null || isApplied(side))
    : symbol;
}

/** The variable that the statements of an answer are about; null for none, undefined for several. */
export function subjectOf(node: Node): string | null | undefined {
  if (node.kind === 'statement') {
    const subject = node.sides[subjectAt(node)];
    if (subject === undefined) return null;
    return subject.kind === 'symbol' ? subject.name : (magnitudeOf(subject)?.name ?? canonical(subject));
  }
  if (node.kind !== 'list') return null;
  const names = new Set(node.items.map(subjectOf));
  return names.size === 1 ? [...names][0] : undefined;
}

function listSet(node: Node & { kind: 'list' }): RealSet | null {
  const { open, close, items } = node;
  if (open === '{')
    return combine(
      items.map((item) => interval(end(item, true), end(item, true))),
      union,
      [],
    );
  if (open === '') {
    if (!items.every(({ kind }) => kind === 'statement' || kind === 'sets')) return null;
    if (subjectOf(node) === undefined) return null;
    return close === 'or'
      ? combine(items.map(toRealSet), union, [])
      : combine(items.map(toRealSet), intersection, REALS);
  }
  const [low, high] = items as [Node, Node];
  return items.length === 2 ? interval(end(low, open === '['), end(high, close === ']')) : null;
}

function combine(
  sets: readonly (RealSet | null)[],
  operation: (a: RealSet, b: RealSet) => RealSet,
  start: RealSet,
): RealSet | null {
  if (sets.length > MAX_PARTS) return null;
  return sets.reduce<RealSet | null>((all, set) => all && set && operation(all, set), start);
}

/** The set of reals that an answer describes; null where it describes none, or one with symbols in its ends. */
export function toRealSet(node: Node): RealSet | null {
  if (node.kind === 'list') return listSet(node);
  if (node.kind === 'statement') return statementSet(node);
  if (node.kind === 'symbol') return node.name === 'set:R' ? REALS : null;
  if (node.kind === 'builder') return builderSet(node);
  if (node.kind !== 'sets') return null;
  const [left, right] = [toRealSet(node.left), toRealSet(node.right)];
  if (left === null || right === null) return null;
  if (node.operation === '∪') return union(left, right);
  return intersection(left, node.operation === '∩' ? right : complement(right));
}

/** {x : …} and {x ∈ ℝ : …}: the subject must be the variable of the conditions, not an expression in it. */
function builderSet({ subject, conditions }: Node & { kind: 'builder' }): RealSet | null {
  const member = subject.kind === 'statement' && subject.relations[0] === '∈' ? subject.sides[0]! : subject;
  if (member.kind !== 'symbol' || conditions.some((condition) => subjectOf(condition) !== member.name))
    return null;
  const domain = subject === member ? REALS : toRealSet(subject);
  return combine([domain, ...conditions.map(toRealSet)], intersection, REALS);
}

/** Whether an answer can only be read as a set of reals: a tuple (a, b) may be either, and so may {a, b}. */
export function isClearlyRealSet(node: Node): boolean {
  if (node.kind === 'sets' || node.kind === 'builder') return true;
  if (node.kind === 'symbol') return node.name === 'set:R';
  if (node.kind === 'statement')
    return node.relations.some((relation) => relation !== '=' && relation !== '≈');
  if (node.kind !== 'list') return false;
  if (node.open === '') return node.items.some(isClearlyRealSet);
  return node.items.length === 2 && node.open !== '{' && (node.open !== '(' || node.close !== ')');
}
