/**
 * @file Reading tokens into a tree: recursive descent over the grammar of answers.
 *
 *   answer     = statement (("," | "or" | "and") statement)*
 *   statement  = sets (("=" | "<" | "≤" | … | "∈") sets)*
 *   sets       = ratio (("∪" | "∩" | "∖") ratio)*
 *   ratio      = sum (":" sum)*
 *   sum        = ["+" | "−" | "±"] product (("+" | "−" | "±" | "∓") product)*
 *   product    = factor (["×" | "/"] factor)*            a/bc is (a/b)·c
 *   factor     = primary ("^" argument | "_" argument | "!" | "%" | "°" | "′")*
 *
 * What is inside brackets, and functions, are read in `primary.ts`.
 */
import { tokenize } from './lexer.ts';
import type { Node, Relation, SetOperation } from './node.ts';
import { parseFactor } from './primary.ts';
import { hasUnits } from './quantity.ts';
import { ReadError } from './read-error.ts';
import { type Grammar, Reader } from './reader.ts';

const RELATIONS: Readonly<Record<string, Relation>> = {
  '=': '=', equiv: '=', '<': '<', lt: '<', '>': '>', gt: '>', le: '≤', leq: '≤', leqslant: '≤', ge: '≥', geq: '≥',
  geqslant: '≥', ne: '≠', neq: '≠', in: '∈', approx: '≈', sim: '≈', simeq: '≈', cong: '≈',
}; // biome-ignore format: a table

const SET_OPERATIONS: Readonly<Record<string, SetOperation>> = {
  cup: '∪', bigcup: '∪', cap: '∩', bigcap: '∩', setminus: '∖', backslash: '∖', smallsetminus: '∖',
}; // biome-ignore format: a table

/** The tree of a normalised answer. Throws ReadError where it is not in the grammar. */
export function parseAnswer(text: string): Node {
  const reader = new Reader(tokenize(text), GRAMMAR);
  const { items, joiner } = itemsAndJoiner(reader);
  if (reader.peek() !== undefined) throw new ReadError(`unexpected ${reader.peek()!.value}`);
  return items.length === 1 ? items[0]! : { kind: 'list', open: '', close: joiner, items };
}

/** Statements between separators. */
function parseItems(reader: Reader): Node[] {
  return itemsAndJoiner(reader).items;
}

/** Statements between separators, and the last separator; "or" and "and" say more than a comma. */
function itemsAndJoiner(reader: Reader): { readonly items: Node[]; readonly joiner: string } {
  return reader.nested(() => {
    const items = [parseStatement(reader)];
    let joiner = ',';
    while (reader.peek()?.kind === 'separator') {
      while (reader.peek()?.kind === 'separator') {
        const { value } = reader.take();
        if (value !== ',') joiner = value;
      }
      items.push(parseStatement(reader));
    }
    return { items, joiner };
  });
}

function relationAt(reader: Reader): Relation | null {
  const token = reader.peek();
  if (token?.kind !== 'sign' && token?.kind !== 'command') return null;
  const value = token.value;
  if (reader.atNotEqual()) return '≠';
  return Object.hasOwn(RELATIONS, value) ? RELATIONS[value]! : null;
}

function takeRelation(reader: Reader): Relation | null {
  const relation = relationAt(reader);
  if (relation === null) return null;
  reader.take();
  if (relation === '≠' && reader.accept('=')) return '≠';
  if (relation === '<' && reader.accept('=')) return '≤';
  if (relation === '>' && reader.accept('=')) return '≥';
  return relation;
}

/** One relation chain, or an expression alone. A relation without left side (`= 5`, `≈ 3`) is its right side. */
function parseStatement(reader: Reader): Node {
  const leading = relationAt(reader);
  if (leading === '=' || leading === '≈') takeRelation(reader);
  const sides = [parseApplication(reader) ?? parseSets(reader)];
  const relations: Relation[] = [];
  for (let next = takeRelation(reader); next !== null; next = takeRelation(reader)) {
    relations.push(next);
    sides.push(parseSets(reader));
  }
  return relations.length === 0 ? sides[0]! : { kind: 'statement', sides, relations };
}

/** `p(x) =`, `E[X^2] =`: a letter and one bracket, alone on a side. Elsewhere p(x) may be a product. */
function parseApplication(reader: Reader): Node | null {
  const head = reader.peek();
  const isLetter = head?.kind === 'symbol' || (head?.kind === 'command' && GREEK_FUNCTIONS.test(head.value));
  if (!isLetter || !isBracketBeforeEquals(reader)) return null;
  return reader.attempt(() => {
    reader.take();
    const open = reader.take().value;
    const args = parseItems(reader);
    reader.expect(open === '(' ? ')' : ']');
    if (head.value !== 'E' && !isArgument(head.value, args)) throw new ReadError('a product');
    return { kind: 'call', name: `apply:${head.value}`, args };
  });
}

/** Whether one bracket and `=` follow the next token. */
function isBracketBeforeEquals(reader: Reader): boolean {
  if (!reader.at('(', 1) && !reader.at('[', 1)) return false;
  let depth = 0;
  for (let ahead = 1; ; ahead += 1) {
    const token = reader.peek(ahead);
    if (token === undefined) return false;
    if (token.kind !== 'sign') continue;
    if (token.value === '(' || token.value === '[') depth += 1;
    if (token.value === ')' || token.value === ']') depth -= 1;
    if (depth === 0) return reader.at('=', ahead + 1);
  }
}

/** Greek letters that are functions of numbers. */
const GREEK_FUNCTIONS = /^(?:phi|varphi|sigma|tau|mu|zeta|psi|omega|Phi)$/;

/** Whether a letter is applied to these: names other than itself, and numbers after letters that are no unknowns. */
function isArgument(head: string, args: readonly Node[]): boolean {
  return args.every(
    (arg) =>
      (arg.kind === 'symbol' && arg.name !== head) ||
      (arg.kind === 'number' && !/^[a-eijk-oxyz]$/.test(head)),
  );
}

function parseSets(reader: Reader): Node {
  let left = parseRatio(reader);
  for (;;) {
    const token = reader.peek();
    if (token?.kind !== 'command' || !Object.hasOwn(SET_OPERATIONS, token.value)) return left;
    reader.take();
    left = { kind: 'sets', operation: SET_OPERATIONS[token.value]!, left, right: parseRatio(reader) };
  }
}

function parseRatio(reader: Reader): Node {
  const parts = [parseSum(reader)];
  while (reader.barStops === 0 && (reader.at(':') || reader.at('colon'))) {
    reader.take();
    parts.push(parseSum(reader));
  }
  return parts.length === 1 ? parts[0]! : { kind: 'ratio', parts };
}

/** The sign before a term, or null; "+-" is ±. */
function takeSign(reader: Reader): '+' | '-' | '±' | '∓' | null {
  if (reader.accept('pm')) return '±';
  if (reader.accept('mp')) return '∓';
  if (reader.at('+') && reader.at('/', 1) && reader.at('-', 2)) {
    for (let i = 0; i < 3; i += 1) reader.take();
    return '±';
  }
  if (reader.accept('+')) return '+';
  return reader.accept('-') ? '-' : null;
}

function signed(sign: '+' | '-' | '±' | '∓' | null, of: Node): Node {
  if (sign === '-') return { kind: 'negative', of };
  if (sign === '±') return { kind: 'plus-minus', sign: 1, of };
  return sign === '∓' ? { kind: 'plus-minus', sign: -1, of } : of;
}

function parseSum(reader: Reader): Node {
  return reader.nested(() => {
    const terms = [signed(takeSign(reader), parseProduct(reader))];
    for (let sign = takeSign(reader); sign !== null; sign = takeSign(reader)) {
      terms.push(signed(sign, parseProduct(reader)));
    }
    return terms.length === 1 ? terms[0]! : { kind: 'sum', terms };
  });
}

/** Whether the next token can begin a factor that stands beside the last one without a sign. */
function beginsFactor(reader: Reader): boolean {
  const token = reader.peek();
  if (token === undefined || token.kind === 'separator') return false;
  if (token.kind === 'sign') {
    if (token.value === '[') return reader.bracketStops === 0;
    return token.value === '(' || token.value === '{' || (token.value === '|' && reader.barStops === 0);
  }
  return token.kind !== 'command' || !(ENDS.has(token.value) || token.value.startsWith('end:'));
}

/** Commands that cannot begin a factor. */
const ENDS = new Set([
  ...Object.keys(RELATIONS), ...Object.keys(SET_OPERATIONS), '}', '\\', 'pm', 'mp', 'times', 'cdot', 'ast', 'div', 'end', 'mid', 'vert', 'rvert', 'rangle',
  'rfloor', 'rceil', 'choose', 'over', 'colon', 'to', 'rightarrow', 'mod', 'pmod', 'bmod', 'cdots', 'dots', 'ldots', '%', 'circ', 'star',
  'implies', 'Rightarrow', 'iff',
]); // biome-ignore format: a list

function takeMultiplication(reader: Reader): '×' | '/' | null {
  if (reader.at('*') && reader.at('*', 1)) return null;
  for (const sign of ['*', 'times', 'cdot', 'ast']) if (reader.accept(sign)) return '×';
  return reader.accept('/') || reader.accept('div') ? '/' : null;
}

/** A factor with its own sign, as in 2 × −3 and 10^{-3}. */
function parseSignedFactor(reader: Reader): Node {
  const sign = takeSign(reader);
  return sign === null
    ? parseFactor(reader)
    : signed(
        sign,
        reader.nested(() => parseSignedFactor(reader)),
      );
}

function parseProduct(reader: Reader): Node {
  let left = parseFactor(reader);
  for (;;) {
    const operation = takeMultiplication(reader);
    if (operation === '/') left = { kind: 'quotient', top: left, bottom: parseSignedFactor(reader) };
    else if (operation === '×') left = times(left, parseSignedFactor(reader));
    else if (!beginsFactor(reader)) return left;
    else if (reader.peek()?.kind !== 'number' || endsInFactorial(left))
      left = times(left, parseFactor(reader));
    else if (endsInUnit(left)) {
      const rest = reader.nested(() => parseProduct(reader));
      if (!hasUnits(rest)) throw new ReadError('a number after a unit');
      return { kind: 'sum', terms: [left, rest] };
    } else throw new ReadError('a number beside another factor');
  }
}

/** Digits may stand beside a factorial: 3!4!. */
function endsInFactorial(node: Node): boolean {
  const last = node.kind === 'product' ? node.factors.at(-1)! : node;
  return last.kind === 'call' && last.name === 'factorial';
}

/** A quantity that goes on with a smaller unit: 2 ft 6 in is a sum. */
function endsInUnit(node: Node): boolean {
  return node.kind === 'product' && node.factors.at(-1)!.kind === 'unit';
}

/** What is no factor: P(X > 2) is no product. */
const WHOLE_ANSWERS: ReadonlySet<string> = new Set(['statement', 'sets', 'builder']);

function times(left: Node, right: Node): Node {
  if (WHOLE_ANSWERS.has(right.kind)) throw new ReadError('a relation in a product');
  return { kind: 'product', factors: left.kind === 'product' ? [...left.factors, right] : [left, right] };
}

const GRAMMAR: Grammar = { items: parseItems, sum: parseSum, statement: parseStatement, beginsFactor };
