/** @file Reading what stands between operators: numbers, names, units, functions, fractions, roots. */
import {
  absolute,
  bracket,
  closedBy,
  enclosed,
  indexText,
  parseMatrix,
  parseSet,
  parseSystem,
} from './brackets.ts';
import { type Node, whole } from './node.ts';
import { wordNode } from './number-words.ts';
import { digitsOf, isWhole, numberNode, repeating } from './numbers.ts';
import { ReadError } from './read-error.ts';
import type { Reader } from './reader.ts';

const GREEK = new Set(
  (
    'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau ' +
    'upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell'
  ).split(' '),
);
const FRACTIONS = new Set(['frac', 'dfrac', 'tfrac', 'cfrac']);
const BINOMIALS = new Set(['binom', 'dbinom', 'tbinom']);
/** Letters that are applied to what is in brackets after them: f(x), but x(x+1) is a product. */
const APPLIED = /^[fghFGHP]$/;

/** A primary with its powers, indices, factorials, percent and degree signs. */
export function parseFactor(reader: Reader): Node {
  let node = parsePrimary(reader);
  for (;;) {
    if (reader.accept('^')) node = raised(reader, node);
    else if (reader.at('*') && reader.at('*', 1)) {
      reader.take();
      reader.take();
      node = { kind: 'power', base: node, exponent: argument(reader) };
    } else if (reader.at('_')) node = indexed(reader, node);
    else if (reader.at('!') && !reader.atNotEqual()) {
      reader.take();
      node = { kind: 'call', name: 'factorial', args: [node] };
    } else if (reader.accept('%')) node = withUnit(node, 'percent');
    else if (reader.at('circ') || reader.at('degree')) {
      reader.take();
      node = withUnit(node, degreeUnit(reader));
    } else if (reader.at("'") || reader.at('prime')) {
      reader.take();
      if (node.kind !== 'symbol') throw new ReadError('a prime that is not on a name');
      node = { kind: 'symbol', name: `${node.name}'` };
    } else return node;
  }
}

function withUnit(node: Node, name: string): Node {
  return { kind: 'product', factors: [node, { kind: 'unit', name }] };
}

/** The degree sign, alone or before C and F. */
function degreeUnit(reader: Reader): string {
  const scale = reader.peek();
  if (scale?.kind === 'symbol' && (scale.value === 'C' || scale.value === 'F')) {
    reader.take();
    return scale.value === 'C' ? 'degc' : 'degf';
  }
  return 'deg';
}

/** What follows `^`. */
function raised(reader: Reader, base: Node): Node {
  const ahead = reader.at('{') ? 1 : 0;
  if (reader.at('circ', ahead) || reader.at('degree', ahead)) {
    takeSuperscript(reader, ahead);
    return withUnit(base, degreeUnit(reader));
  }
  if (reader.at('prime', ahead) && base.kind === 'symbol') {
    takeSuperscript(reader, ahead);
    return { kind: 'symbol', name: `${base.name}'` };
  }
  const exponent = argument(reader);
  // An index may stand after the exponent: x^2_1 is x_1^2.
  const named = reader.at('_') && base.kind === 'symbol' ? indexed(reader, base) : base;
  return { kind: 'power', base: named, exponent };
}

/** Takes one sign, in braces if `braces` is 1. */
function takeSuperscript(reader: Reader, braces: number): void {
  if (braces > 0) reader.expect('{');
  reader.take();
  if (braces > 0) reader.expect('}');
}

/** What follows `_`: the base of a numeral, or part of a name. */
function indexed(reader: Reader, node: Node): Node {
  reader.expect('_');
  const index = indexText(reader);
  if (node.kind === 'symbol') return { kind: 'symbol', name: `${node.name}_${index}` };
  const base = Number(index);
  if (node.kind !== 'number' || node.value.d !== 1n || !Number.isInteger(base)) {
    throw new ReadError('an index that is not on a name or a whole number');
  }
  return base === 10 ? node : { kind: 'numeral', digits: `${node.value.n}`, base };
}

/** A LaTeX argument: a braced group, or the next thing with its sign. */
function argument(reader: Reader): Node {
  if (reader.at('{')) return braced(reader);
  if (reader.accept('-')) return { kind: 'negative', of: argument(reader) };
  if (reader.accept('+')) return argument(reader);
  return parsePrimary(reader);
}

function braced(reader: Reader): Node {
  reader.expect('{');
  const bars = reader.barStops;
  reader.barStops = 0;
  const node = reader.grammar.statement(reader);
  reader.barStops = bars;
  reader.expect('}');
  return node;
}

/** An argument of `\frac`, where digits go singly: `\frac12`. */
function fractionArgument(reader: Reader, last: boolean): Node {
  const token = reader.peek();
  if (token?.kind !== 'number') return argument(reader);
  return numberNode(last ? reader.take().value : reader.takeDigit());
}

function fraction(reader: Reader): Node {
  const top = fractionArgument(reader, false);
  return { kind: 'quotient', top, bottom: fractionArgument(reader, true) };
}

/** Numbers, with what makes them mixed (1 1/2) or repeating (0.1\overline{6}). */
function parseNumber(reader: Reader): Node {
  const text = reader.take().value;
  if (text.includes('.') && (reader.at('overline') || reader.at('bar') || reader.at('dot'))) {
    reader.take();
    return repeating(text, digitsOf(argument(reader)));
  }
  const node = numberNode(text);
  if (!isWhole(node)) return node;
  const next = reader.peek();
  const mixed = next?.kind === 'number' ? next.spaced : next?.kind === 'command' && FRACTIONS.has(next.value);
  const part = mixed ? reader.attempt(() => mixedPart(reader)) : null;
  return part === null ? node : { kind: 'sum', terms: [node, part] };
}

/** The fraction of a mixed number that comes next. Throws ReadError where none does. */
function mixedPart(reader: Reader): Node {
  const next = reader.peek();
  let part: Node;
  if (next?.kind === 'command' && FRACTIONS.has(next.value)) {
    reader.take();
    part = fraction(reader);
  } else {
    if (next?.kind !== 'number' || !next.spaced) throw new ReadError('no mixed number');
    const top = numberNode(reader.take().value);
    reader.expect('/');
    if (reader.peek()?.kind !== 'number') throw new ReadError('no mixed number');
    part = { kind: 'quotient', top, bottom: numberNode(reader.take().value) };
  }
  if (part.kind !== 'quotient' || !isWhole(part.top) || !isWhole(part.bottom)) {
    throw new ReadError('no mixed number');
  }
  return part;
}

function parsePrimary(reader: Reader): Node {
  const token = reader.peek();
  if (token === undefined) throw new ReadError('the answer ends too early');
  if (token.kind === 'number') return parseNumber(reader);
  reader.take();
  if (token.kind === 'symbol') return parseSymbol(reader, token.value);
  if (token.kind === 'function') return reader.nested(() => parseFunction(reader, token.value));
  if (token.kind === 'unit') return parseUnit(reader, token.value);
  if (token.kind === 'word') return wordNode(token.value);
  if (token.kind === 'sign') return parseSign(reader, token.value);
  if (token.kind === 'command') return parseCommand(reader, token.value);
  throw new ReadError(`unexpected ${token.value}`);
}

/** Units that stand before their number. */
const CURRENCIES = new Set(['dollar', 'euro', 'sterling', 'gbp', 'yen', 'rupee', 'rs', 'yuan', 'rmb', 'usd']);

/** `sq cm` and `cubic feet` are powers of the unit that follows; `€5` is 5 €. */
function parseUnit(reader: Reader, name: string): Node {
  if (CURRENCIES.has(name) && reader.peek()?.kind === 'number') return withUnit(parseFactor(reader), name);
  const exponent = name === 'square' || name === 'sq' ? 2 : name === 'cubic' || name === 'cu' ? 3 : 1;
  if (exponent === 1 || reader.peek()?.kind !== 'unit') return { kind: 'unit', name };
  const unit: Node = { kind: 'unit', name: reader.take().value };
  return { kind: 'power', base: unit, exponent: whole(exponent) };
}

/** Whether `^{-1}(` comes next: the inverse of a function. */
function atInverse(reader: Reader): boolean {
  return (
    reader.at('^') &&
    reader.at('{', 1) &&
    reader.at('-', 2) &&
    reader.peek(3)?.value === '1' &&
    reader.at('}', 4) &&
    reader.at('(', 5)
  );
}

function parseSymbol(reader: Reader, name: string): Node {
  if (name === 'i' || name === 'e') return { kind: 'constant', name };
  if (name === 'Gamma' && reader.at('(')) return parseFunction(reader, 'gamma');
  if (!APPLIED.test(name)) return { kind: 'symbol', name };
  let head = name;
  while (reader.accept("'")) head += "'";
  if (atInverse(reader)) {
    for (let i = 0; i < 5; i += 1) reader.take();
    head += '^-1';
  }
  const applied = reader.at('(') || (reader.at('{') && reader.at('(', 1));
  const args = applied ? reader.attempt(() => applicationArguments(reader)) : null;
  return args === null ? { kind: 'symbol', name: head } : { kind: 'call', name: `apply:${head}`, args };
}

/** Names and numbers in brackets after the name of a function. Throws ReadError where they are a factor. */
function applicationArguments(reader: Reader): Node[] {
  const inBraces = reader.accept('{');
  reader.expect('(');
  const items = reader.grammar.items(reader);
  reader.expect(')');
  if (inBraces) reader.expect('}');
  if (!items.every(({ kind }) => kind === 'symbol' || kind === 'number')) throw new ReadError('a product');
  return items;
}

const ALIASES: Readonly<Record<string, string>> = {
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  lg: 'log',
  arcsinh: 'arsinh',
  arccosh: 'arcosh',
  arctanh: 'artanh',
  asinh: 'arsinh',
  acosh: 'arcosh',
  atanh: 'artanh',
};
const INVERSES: Readonly<Record<string, string>> = {
  sin: 'arcsin', cos: 'arccos', tan: 'arctan', cot: 'arccot', sec: 'arcsec', csc: 'arccsc',
  sinh: 'arsinh', cosh: 'arcosh', tanh: 'artanh',
}; // biome-ignore format: a table

function parseFunction(reader: Reader, written: string): Node {
  let name = ALIASES[written] ?? written;
  if (name === 'sqrt') return { kind: 'call', name: 'root', args: [argument(reader), whole(2)] };
  let base: Node | null = null;
  let exponent: Node | null = null;
  while (reader.at('_') || reader.at('^')) {
    if (reader.take().value === '_') base = argument(reader);
    else exponent = argument(reader);
  }
  const inverse =
    exponent?.kind === 'negative' &&
    exponent.of.kind === 'number' &&
    exponent.of.value.n === exponent.of.value.d;
  if (inverse && Object.hasOwn(INVERSES, name)) {
    name = INVERSES[name]!;
    exponent = null;
  }
  const args = functionArguments(reader);
  if (name === 'log') args.push(base ?? whole(10));
  else if (base !== null) throw new ReadError('an index on a function');
  const call: Node = { kind: 'call', name, args };
  return exponent === null ? call : { kind: 'power', base: call, exponent };
}

/** What a function is applied to: a bracket, or the factors up to the next sign, bracket or function. */
function functionArguments(reader: Reader): Node[] {
  if (reader.accept('(')) {
    const items = reader.grammar.items(reader);
    reader.expect(')');
    return items;
  }
  if (reader.at('{')) return [braced(reader)];
  const factors = [parseFactor(reader)];
  while (reader.grammar.beginsFactor(reader) && !reader.at('(') && reader.peek()?.kind !== 'function') {
    factors.push(parseFactor(reader));
  }
  return [factors.length === 1 ? factors[0]! : { kind: 'product', factors }];
}

function parseSign(reader: Reader, sign: string): Node {
  if (sign === '(' || sign === '[' || sign === ']') return reader.nested(() => bracket(reader, sign));
  if (sign === '|') return reader.nested(() => absolute(reader, '|'));
  if (sign === '$') return currency(reader);
  if (sign !== '{') throw new ReadError(`unexpected ${sign}`);
  return reader.nested(() => reader.attempt(() => plainBraces(reader)) ?? parseSet(reader));
}

/** `{…}` without backslashes: a group, or a set of several. */
function plainBraces(reader: Reader): Node {
  const items = reader.grammar.items(reader);
  reader.expect('}');
  return items.length === 1 ? items[0]! : { kind: 'list', open: '{', close: '}', items };
}

function currency(reader: Reader): Node {
  return withUnit(parseFactor(reader), 'dollar');
}

function parseCommand(reader: Reader, name: string): Node {
  if (FRACTIONS.has(name)) return reader.nested(() => fraction(reader));
  if (name === 'sqrt') return reader.nested(() => parseRoot(reader));
  if (BINOMIALS.has(name)) {
    const n = fractionArgument(reader, false);
    return { kind: 'call', name: 'binomial', args: [n, fractionArgument(reader, true)] };
  }
  if (name === 'pi') return { kind: 'constant', name: 'pi' };
  if (name === 'infty') return { kind: 'constant', name: 'infinity' };
  if (GREEK.has(name)) return parseSymbol(reader, name);
  if (name === '{') return reader.nested(() => parseSet(reader));
  if (name === 'langle') return closedBy(reader, 'rangle');
  if (name === 'emptyset' || name === 'varnothing') return { kind: 'list', open: '{', close: '}', items: [] };
  if (name === 'lfloor') return enclosed(reader, 'floor', 'rfloor');
  if (name === 'lceil') return enclosed(reader, 'ceil', 'rceil');
  if (name === '|' || name === 'vert') return absolute(reader, name);
  if (name === 'lvert') return absolute(reader, 'rvert');
  if (name === '$') return currency(reader);
  if (name === 'mathbb' || name === 'Bbb') return { kind: 'symbol', name: `set:${indexText(reader)}` };
  if (name === 'overline' || name === 'bar') return overlined(argument(reader));
  if (name === 'angle' || name === 'triangle' || name === 'measuredangle') return figure(reader, name);
  if (name === 'boxed' || name === 'fbox') return argument(reader);
  if (name === 'begin:cases') return reader.nested(() => parseSystem(reader));
  if (name.startsWith('begin:')) return reader.nested(() => parseMatrix(reader, name.slice(6)));
  throw new ReadError(`\\${name} is not known`);
}

/** A name with a bar is another name; anything else under a bar has no value. */
function overlined(node: Node): Node {
  if (node.kind === 'symbol') return { kind: 'symbol', name: `overline ${node.name}` };
  return { kind: 'call', name: 'overline', args: [node] };
}

/** ∠ABC and △ABC are names. */
function figure(reader: Reader, sign: string): Node {
  const { kind, value } = reader.take();
  if (kind !== 'symbol' && kind !== 'word') throw new ReadError('a figure without a name');
  return { kind: 'symbol', name: `${sign} ${value}` };
}

function parseRoot(reader: Reader): Node {
  let degree: Node = whole(2);
  if (reader.accept('[')) {
    degree = reader.grammar.sum(reader);
    reader.expect(']');
  }
  return { kind: 'call', name: 'root', args: [argument(reader), degree] };
}
