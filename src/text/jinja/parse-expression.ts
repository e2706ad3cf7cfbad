/** @file Jinja2's expressions, with the precedence of the parser of Jinja2 3.1. */
import type { Arguments, Arithmetic, Compare, Expression, Filter } from './nodes.ts';
import type { TokenStream } from './tokens.ts';

const NO_ARGUMENTS: Arguments = { positional: [], named: [], list: null, dict: null };
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** `a if b else c`. Without `conditional`, an `if` ends the expression. */
export function parseExpression(tokens: TokenStream, conditional = true): Expression {
  let value = parseOr(tokens);
  while (conditional && tokens.is('name', 'if')) {
    const { line } = tokens.next();
    const test = parseOr(tokens);
    const otherwise = tokens.skip('name', 'else') ? parseExpression(tokens) : null;
    value = { kind: 'conditional', line, test, value, otherwise };
  }
  return value;
}

/** An expression, or a tuple without brackets: `1, 2`. `ends` are names that end it. */
export function parseTuple(
  tokens: TokenStream,
  { conditional = true, bracketed = false, ends = [] as readonly string[] } = {},
): Expression {
  const { line } = tokens;
  const items: Expression[] = [];
  let tuple = false;
  const ended = (): boolean =>
    tokens.is('variable_end') ||
    tokens.is('block_end') ||
    tokens.is('operator', ')') ||
    tokens.is('name', ...ends, '');
  while (!ended()) {
    items.push(parseExpression(tokens, conditional));
    if (!tokens.skip('operator', ',')) break;
    tuple = true;
  }
  if (items.length === 1 && !tuple) return items[0]!;
  if (items.length === 0 && !bracketed) throw tokens.error(`expected an expression, found ${tokens.found()}`);
  return { kind: 'tuple', line, items };
}

function parseOr(tokens: TokenStream): Expression {
  let left = parseAnd(tokens);
  while (tokens.is('name', 'or')) {
    const { line } = tokens.next();
    left = { kind: 'or', line, left, right: parseAnd(tokens) };
  }
  return left;
}

function parseAnd(tokens: TokenStream): Expression {
  let left = parseNot(tokens);
  while (tokens.is('name', 'and')) {
    const { line } = tokens.next();
    left = { kind: 'and', line, left, right: parseNot(tokens) };
  }
  return left;
}

function parseNot(tokens: TokenStream): Expression {
  if (!tokens.is('name', 'not')) return parseCompare(tokens);
  const { line } = tokens.next();
  return { kind: 'not', line, operand: parseNot(tokens) };
}

function parseCompare(tokens: TokenStream): Expression {
  const { line } = tokens;
  const first = parseSum(tokens);
  const rest: [Compare, Expression][] = [];
  for (;;) {
    let sign: Compare;
    if (tokens.areNames('not', 'in')) {
      tokens.next();
      tokens.next();
      sign = 'not in';
    } else if (tokens.is('operator', '==', '!=', '<', '<=', '>', '>=') || tokens.is('name', 'in')) {
      sign = tokens.next().value as Compare;
    } else break;
    rest.push([sign, parseSum(tokens)]);
  }
  return rest.length === 0 ? first : { kind: 'compare', line, first, rest };
}

function parseSum(tokens: TokenStream): Expression {
  return parseArithmetic(tokens, ['+', '-'], parseConcat);
}

function parseConcat(tokens: TokenStream): Expression {
  const { line } = tokens;
  const parts = [parseProduct(tokens)];
  while (tokens.skip('operator', '~')) parts.push(parseProduct(tokens));
  return parts.length === 1 ? parts[0]! : { kind: 'concat', line, parts };
}

function parseProduct(tokens: TokenStream): Expression {
  return parseArithmetic(tokens, ['*', '/', '//', '%'], parsePower);
}

/** Unlike Python's, Jinja2's power is left-associative. */
function parsePower(tokens: TokenStream): Expression {
  return parseArithmetic(tokens, ['**'], parseUnary);
}

function parseArithmetic(
  tokens: TokenStream,
  signs: readonly Arithmetic[],
  operand: (tokens: TokenStream) => Expression,
): Expression {
  let left = operand(tokens);
  while (tokens.is('operator', ...signs)) {
    const { line, value } = tokens.next();
    left = { kind: 'arithmetic', line, sign: value as Arithmetic, left, right: operand(tokens) };
  }
  return left;
}

/** A sign binds closer than a filter: `-1|abs` is 1. */
function parseUnary(tokens: TokenStream, filters = true): Expression {
  const { line } = tokens;
  let value: Expression;
  if (tokens.is('operator', '-', '+')) {
    const kind = tokens.next().value === '-' ? 'minus' : 'plus';
    value = { kind, line, operand: parseUnary(tokens, false) };
  } else value = parsePrimary(tokens);
  value = parsePostfix(tokens, value);
  return filters ? parseFilters(tokens, value) : value;
}

function parsePrimary(tokens: TokenStream): Expression {
  const found = tokens.found();
  const { type, line, value } = tokens.next();
  if (type === 'name') {
    const constant = CONSTANTS.get(value);
    return constant === undefined
      ? { kind: 'name', line, name: value }
      : { kind: 'const', line, value: constant };
  }
  if (type === 'string') {
    let text = value;
    while (tokens.is('string')) text += tokens.next().value;
    return { kind: 'const', line, value: text };
  }
  if (type === 'integer') return { kind: 'const', line, value: BigInt(value) };
  if (type === 'float') return { kind: 'const', line, value: Number(value) };
  if (type === 'operator' && value === '(') {
    const tuple = parseTuple(tokens, { bracketed: true });
    tokens.expect('operator', ')');
    return tuple;
  }
  if (type === 'operator' && value === '[')
    return { kind: 'list', line, items: parseItems(tokens, ']', parseExpression) };
  if (type === 'operator' && value === '{')
    return { kind: 'dict', line, entries: parseItems(tokens, '}', parseEntry) };
  throw tokens.error(`expected an expression, found ${found}`, line);
}

function parseEntry(tokens: TokenStream): readonly [Expression, Expression] {
  const key = parseExpression(tokens);
  tokens.expect('operator', ':');
  return [key, parseExpression(tokens)];
}

/** Items between commas, up to the closing bracket; a comma may follow the last. */
function parseItems<T>(tokens: TokenStream, closing: string, item: (tokens: TokenStream) => T): readonly T[] {
  const items: T[] = [];
  while (!tokens.skip('operator', closing)) {
    if (items.length > 0) {
      tokens.expect('operator', ',');
      if (tokens.skip('operator', closing)) break;
    }
    items.push(item(tokens));
  }
  return items;
}

function parsePostfix(tokens: TokenStream, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (tokens.is('operator', '.')) value = parseDot(tokens, value);
    else if (tokens.is('operator', '[')) value = parseSubscript(tokens, value);
    else if (tokens.is('operator', '(')) value = parseCall(tokens, value);
    else return value;
  }
}

function parseCall(tokens: TokenStream, callee: Expression): Expression {
  const { line } = tokens;
  return { kind: 'call', line, callee, args: parseArguments(tokens) };
}

function parseDot(tokens: TokenStream, object: Expression): Expression {
  const { line } = tokens.next();
  if (tokens.is('name')) return { kind: 'attribute', line, object, name: tokens.next().value };
  const key = BigInt(tokens.expect('integer').value);
  return { kind: 'item', line, object, key: { kind: 'const', line, value: key } };
}

function parseSubscript(tokens: TokenStream, object: Expression): Expression {
  const { line } = tokens.next();
  const keys: Expression[] = [];
  do {
    const start = tokens.is('operator', ':') ? null : parseExpression(tokens);
    if (start !== null && !tokens.is('operator', ':')) {
      keys.push(start);
      continue;
    }
    const bounds = [start];
    while (tokens.skip('operator', ':'))
      bounds.push(tokens.is('operator', ':', ']', ',') ? null : parseExpression(tokens));
    if (bounds.length > 3 || keys.length > 0) throw tokens.error('a slice has at most three parts');
    tokens.expect('operator', ']');
    return { kind: 'slice', line, object, bounds };
  } while (tokens.skip('operator', ','));
  tokens.expect('operator', ']');
  return {
    kind: 'item',
    line,
    object,
    key: keys.length === 1 ? keys[0]! : { kind: 'tuple', line, items: keys },
  };
}

function parseFilters(tokens: TokenStream, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (tokens.is('operator', '|')) value = parseFilter(tokens, value);
    else if (tokens.is('name', 'is')) value = parseTest(tokens, value);
    else if (tokens.is('operator', '(')) value = parseCall(tokens, value);
    else return value;
  }
}

/** `|name(arguments)`; the first filter of a block has no `|` before it. */
export function parseFilter(tokens: TokenStream, operand: Expression | null, started = true): Filter {
  if (started) tokens.expect('operator', '|');
  const { line } = tokens;
  const name = parseDotted(tokens);
  const args = tokens.is('operator', '(') ? parseArguments(tokens) : NO_ARGUMENTS;
  return { kind: 'filter', line, operand, name, args };
}

/** The filters of a block, `upper|trim`, or null where there are none. */
export function parseFilterChain(tokens: TokenStream, started: boolean): Filter | null {
  let filter: Filter | null = started ? null : parseFilter(tokens, null, false);
  while (tokens.is('operator', '|')) filter = parseFilter(tokens, filter);
  return filter;
}

function parseDotted(tokens: TokenStream): string {
  let name = tokens.expect('name').value;
  while (tokens.skip('operator', '.')) name += `.${tokens.expect('name').value}`;
  return name;
}

function parseTest(tokens: TokenStream, operand: Expression): Expression {
  const { line } = tokens.next();
  const negated = tokens.skip('name', 'not');
  const name = parseDotted(tokens);
  const test: Expression = { kind: 'test', line, operand, name, args: parseTestArguments(tokens) };
  return negated ? { kind: 'not', line, operand: test } : test;
}

/** `is divisibleby(3)`, or `is divisibleby 3`. */
function parseTestArguments(tokens: TokenStream): Arguments {
  if (tokens.is('operator', '(')) return parseArguments(tokens);
  const begins =
    tokens.is('string') || tokens.is('integer') || tokens.is('float') || tokens.is('operator', '[', '{');
  const named = tokens.is('name') && !tokens.is('name', 'else', 'or', 'and');
  if (!begins && !named) return NO_ARGUMENTS;
  if (tokens.is('name', 'is')) throw tokens.error("tests with 'is' cannot be chained");
  return { ...NO_ARGUMENTS, positional: [parsePostfix(tokens, parsePrimary(tokens))] };
}

function parseArguments(tokens: TokenStream): Arguments {
  tokens.expect('operator', '(');
  const positional: Expression[] = [];
  const named: [string, Expression][] = [];
  let list: Expression | null = null;
  let dict: Expression | null = null;
  parseItems(tokens, ')', () => {
    const wrong = tokens.error('arguments come in this order: values, name=value, *list, **dict');
    if (tokens.skip('operator', '*')) {
      if (list !== null || dict !== null) throw wrong;
      list = parseExpression(tokens);
    } else if (tokens.skip('operator', '**')) {
      if (dict !== null) throw wrong;
      dict = parseExpression(tokens);
    } else {
      if (dict !== null) throw wrong;
      const value = parseExpression(tokens);
      if (value.kind === 'name' && tokens.skip('operator', '=')) {
        named.push([value.name, parseExpression(tokens)]);
      } else {
        if (named.length > 0 || list !== null) throw wrong;
        positional.push(value);
      }
    }
  });
  return { positional, named, list, dict };
}
