/**
 * @file The syntax tree of an answer: expressions, and what is built of them (lists, intervals, relations, matrices).
 *
 * Reading never evaluates: a tower of powers is a small tree. Limits on length and depth are the reader's (`lexer.ts`,
 * `parser.ts`), limits on values the evaluators' (`exact.ts`, `numeric.ts`).
 */
import type { Rational } from './rational.ts';

/** How a number was written, where it was written with a decimal point. */
export interface Precision {
  /** Decimal places; negative where a power of ten follows (1.5 × 10³ has −2). */
  readonly places: number;
  /** Significant digits: the digits after leading zeros. */
  readonly digits: number;
}

export type ConstantName = 'pi' | 'e' | 'i' | 'infinity';

/** How two sides of a statement are related. */
export type Relation = '=' | '≠' | '<' | '≤' | '>' | '≥' | '∈' | '≈';

export type SetOperation = '∪' | '∩' | '∖';

export type Node =
  | { readonly kind: 'number'; readonly value: Rational; readonly precision: Precision | null }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'constant'; readonly name: ConstantName }
  | { readonly kind: 'sum'; readonly terms: readonly Node[] }
  | { readonly kind: 'product'; readonly factors: readonly Node[] }
  | { readonly kind: 'quotient'; readonly top: Node; readonly bottom: Node }
  | { readonly kind: 'power'; readonly base: Node; readonly exponent: Node }
  | { readonly kind: 'negative'; readonly of: Node }
  /** A named function; `root` has (radicand, degree), `log` (argument, base). */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  /** ± (sign 1) or ∓ (sign −1) before an operand; all of one answer take the same branch. */
  | { readonly kind: 'plus-minus'; readonly sign: 1 | -1; readonly of: Node }
  /** A unit: a key of the table, or a word of the answer's own. */
  | { readonly kind: 'unit'; readonly name: string }
  /** Digits in a base that is not ten: 101₂. */
  | { readonly kind: 'numeral'; readonly digits: string; readonly base: number }
  /** Items without brackets have `open` '', and `close` is the word or comma between them: 2, 3 and "2 or 3". */
  | { readonly kind: 'list'; readonly open: string; readonly close: string; readonly items: readonly Node[] }
  | { readonly kind: 'builder'; readonly subject: Node; readonly conditions: readonly Node[] }
  | { readonly kind: 'statement'; readonly sides: readonly Node[]; readonly relations: readonly Relation[] }
  | { readonly kind: 'sets'; readonly operation: SetOperation; readonly left: Node; readonly right: Node }
  | { readonly kind: 'matrix'; readonly rows: readonly (readonly Node[])[] }
  | { readonly kind: 'ratio'; readonly parts: readonly Node[] }
  /** Minutes after midnight, or after the last noon or midnight where neither a.m. nor p.m. is said. */
  | { readonly kind: 'time'; readonly minutes: number; readonly half: 'am' | 'pm' | null }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'choice'; readonly letter: string; readonly content: Node | null }
  /** LaTeX that this parser does not know but the engine may. */
  | { readonly kind: 'opaque'; readonly latex: string };

const EXPRESSION_KINDS = [
  'number',
  'symbol',
  'constant',
  'sum',
  'product',
  'quotient',
  'power',
  'negative',
  'call',
  'unit',
] as const;
const EXPRESSIONS: ReadonlySet<string> = new Set(EXPRESSION_KINDS);

/** The nodes that have a value; those under them may be of any kind. */
export type Expression = Extract<Node, { readonly kind: (typeof EXPRESSION_KINDS)[number] }>;

export function isExpression(node: Node): node is Expression {
  return EXPRESSIONS.has(node.kind);
}

/** The nodes directly under a node. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'sum':
      return node.terms;
    case 'product':
      return node.factors;
    case 'quotient':
      return [node.top, node.bottom];
    case 'power':
      return [node.base, node.exponent];
    case 'negative':
    case 'plus-minus':
      return [node.of];
    case 'call':
      return node.args;
    case 'list':
      return node.items;
    case 'builder':
      return [node.subject, ...node.conditions];
    case 'statement':
      return node.sides;
    case 'sets':
      return [node.left, node.right];
    case 'matrix':
      return node.rows.flat();
    case 'ratio':
      return node.parts;
    case 'choice':
      return node.content ? [node.content] : [];
    case 'number':
    case 'symbol':
    case 'constant':
    case 'unit':
    case 'numeral':
    case 'time':
    case 'text':
    case 'opaque':
      return [];
  }
}

/** Whether the test holds of the node or of any under it. */
export function some(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}

/** The node with another put in the place of each of its children. */
export function mapChildren(node: Node, map: (child: Node) => Node): Node {
  switch (node.kind) {
    case 'sum':
      return { ...node, terms: node.terms.map(map) };
    case 'product':
      return { ...node, factors: node.factors.map(map) };
    case 'quotient':
      return { ...node, top: map(node.top), bottom: map(node.bottom) };
    case 'power':
      return { ...node, base: map(node.base), exponent: map(node.exponent) };
    case 'negative':
    case 'plus-minus':
      return { ...node, of: map(node.of) };
    case 'call':
      return { ...node, args: node.args.map(map) };
    case 'list':
      return { ...node, items: node.items.map(map) };
    case 'builder':
      return { ...node, subject: map(node.subject), conditions: node.conditions.map(map) };
    case 'statement':
      return { ...node, sides: node.sides.map(map) };
    case 'sets':
      return { ...node, left: map(node.left), right: map(node.right) };
    case 'matrix':
      return { ...node, rows: node.rows.map((row) => row.map(map)) };
    case 'ratio':
      return { ...node, parts: node.parts.map(map) };
    case 'choice':
      return { ...node, content: node.content && map(node.content) };
    case 'number':
    case 'symbol':
    case 'constant':
    case 'unit':
    case 'numeral':
    case 'time':
    case 'text':
    case 'opaque':
      return node;
  }
}

/** What distinguishes a node from others of its kind, beside its children. */
function label(node: Node): string {
  switch (node.kind) {
    case 'number':
      return node.value.d === 1n ? `${node.value.n}` : `${node.value.n}/${node.value.d}`;
    case 'symbol':
    case 'constant':
    case 'call':
      return node.name;
    case 'unit':
      return `unit:${node.name}`;
    case 'text':
      return JSON.stringify(node.text);
    case 'opaque':
      return `opaque:${node.latex}`;
    case 'numeral':
      return `${node.digits}_${node.base}`;
    case 'time':
      return `${node.minutes}${node.half ?? ''}`;
    case 'list':
      return `${node.open}${node.close}`;
    case 'statement':
      return node.relations.join('');
    case 'sets':
      return node.operation;
    case 'plus-minus':
      return `${node.sign}`;
    case 'matrix':
      return node.rows.map((row) => row.length).join(',');
    case 'choice':
      return node.letter;
    case 'sum':
    case 'product':
    case 'quotient':
    case 'power':
    case 'negative':
    case 'builder':
    case 'ratio':
      return '';
  }
}

const LEAVES: ReadonlySet<string> = new Set([
  'number',
  'symbol',
  'constant',
  'unit',
  'text',
  'opaque',
  'numeral',
  'time',
]);

/** One text for each tree: equal texts, equal trees. */
export function canonical(node: Node): string {
  if (LEAVES.has(node.kind)) return label(node);
  return `${node.kind} ${label(node)}(${children(node).map(canonical).join(';')})`;
}

/** A whole number as a node. */
export function whole(value: number | bigint): Node {
  return { kind: 'number', value: { n: BigInt(value), d: 1n }, precision: null };
}
