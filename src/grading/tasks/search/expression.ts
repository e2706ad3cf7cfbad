/**
 * @file Arithmetic expressions as answers: read by a small parser, valued exactly, never run as code.
 *
 * Grammar: sums and products of whole numbers and parenthesised expressions, `+ - * /`, also `× · ÷ −`. No signs, no
 * powers, no decimals. Length, depth and size of numbers are limited, so any text costs a bounded amount of work.
 */
import { plainAnswer } from '../answers.ts';
import { add, div, mul, type Rational, rational, sub } from '../rational.ts';

/** Longest expression that is read, in characters. */
export const MAX_EXPRESSION_LENGTH = 500;
const MAX_DEPTH = 40;
const TOKEN = /\s*(?:(\d{1,9})(?!\d)|([-+*/()]))/y;

/** What an expression comes to, and the numbers it is written with, in their order. */
export interface Reading {
  readonly value: Rational;
  readonly numbers: readonly number[];
}

type Token = number | string;

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return null;
    tokens.push(match[1] === undefined ? match[2]! : Number(match[1]));
  }
  return tokens;
}

/** Recursive descent over the tokens; each method gives null for what is no expression or divides by zero. */
class Parser {
  readonly numbers: number[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  sum(depth: number): Rational | null {
    let left = this.#product(depth);
    while (left !== null && (this.#peek() === '+' || this.#peek() === '-')) {
      const operation = this.#tokens[this.#at++] === '+' ? add : sub;
      const right = this.#product(depth);
      left = right === null ? null : operation(left, right);
    }
    return left;
  }

  #product(depth: number): Rational | null {
    let left = this.#atom(depth);
    while (left !== null && (this.#peek() === '*' || this.#peek() === '/')) {
      const divide = this.#tokens[this.#at++] === '/';
      const right = this.#atom(depth);
      if (right === null || (divide && right.num === 0n)) return null;
      left = divide ? div(left, right) : mul(left, right);
    }
    return left;
  }

  #atom(depth: number): Rational | null {
    const token = this.#tokens[this.#at++];
    if (typeof token === 'number') {
      this.numbers.push(token);
      return rational(token);
    }
    if (token !== '(' || depth >= MAX_DEPTH) return null;
    const inner = this.sum(depth + 1);
    return this.#tokens[this.#at++] === ')' ? inner : null;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }
}

/** Reads an expression; null where it is none, is too long or too deep, or divides by zero. */
export function readExpression(text: string): Reading | null {
  if (text.length > MAX_EXPRESSION_LENGTH) return null;
  const tokens = tokensOf(text.replaceAll(/[×·]/gu, '*').replaceAll('÷', '/').replaceAll('−', '-').trim());
  if (tokens === null) return null;
  const parser = new Parser(tokens);
  const value = parser.sum(0);
  return value === null || !parser.atEnd() ? null : { value, numbers: parser.numbers };
}

/**
 * Whether `answer` is an expression worth `target` whose numbers `allowed` permits. The target itself may follow after
 * `=`.
 */
export function isExpressionFor(
  answer: string,
  target: number,
  allowed: (used: readonly number[]) => boolean,
): boolean {
  const [left, right, ...more] = plainAnswer(answer).split('=', 3);
  if (right !== undefined && (more.length > 0 || right.trim() !== String(target))) return false;
  const reading = readExpression(left!);
  if (reading === null || !allowed(reading.numbers)) return false;
  return reading.value.den === 1n && reading.value.num === BigInt(target);
}

/** Whether each number of `used` is in `given` at least as often. */
export function drawnFrom(used: readonly number[], given: readonly number[]): boolean {
  const left = [...given];
  return used.every((number) => {
    const at = left.indexOf(number);
    if (at === -1) return false;
    left.splice(at, 1);
    return true;
  });
}

/** A value the search has built: num / den (den > 0, small enough for exact doubles) and how it is written. */
interface Built {
  readonly num: number;
  readonly den: number;
  readonly text: string;
}

function combinations(a: Built, b: Built, fractions: boolean): Built[] {
  const built: Built[] = [
    { num: a.num * b.den + b.num * a.den, den: a.den * b.den, text: `(${a.text} + ${b.text})` },
    { num: a.num * b.num, den: a.den * b.den, text: `(${a.text} * ${b.text})` },
  ];
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    const difference = x.num * y.den - y.num * x.den;
    if (difference > 0) built.push({ num: difference, den: x.den * y.den, text: `(${x.text} - ${y.text})` });
    // A difference of 0 helps nowhere that leaving both numbers out does not, but a game may want all used.
    else if (difference === 0 && fractions && x === a)
      built.push({ num: 0, den: 1, text: `(${x.text} - ${y.text})` });
    const whole = y.num !== 0 && (x.num * y.den) % (x.den * y.num) === 0;
    if (whole)
      built.push({ num: (x.num * y.den) / (x.den * y.num), den: 1, text: `(${x.text} / ${y.text})` });
    else if (fractions && y.num !== 0)
      built.push({ num: x.num * y.den, den: x.den * y.num, text: `(${x.text} / ${y.text})` });
  }
  return built;
}

/**
 * Goes through the ways to build `target` from `numbers` by combining two at a time: with `all` every number is used
 * and fractions on the way are allowed, without it some may be left over and values on the way stay whole and positive.
 * Stops when `found` returns false. Negative values on the way are never needed: a − (b − c) is (a + c) − b.
 */
export function searchExpressions(
  numbers: readonly number[],
  target: number,
  all: boolean,
  found: (text: string) => boolean,
): void {
  const search = (pool: readonly Built[]): boolean => {
    if (pool.length === 1 || !all) {
      const hit = pool.find(({ num, den }) => num === target * den);
      if (hit !== undefined && !found(hit.text.replace(/^\((.*)\)$/u, '$1'))) return false;
    }
    for (let i = 0; i < pool.length; i++) {
      for (let j = i + 1; j < pool.length; j++) {
        const rest = pool.filter((_, k) => k !== i && k !== j);
        for (const built of combinations(pool[i]!, pool[j]!, all)) {
          if (!search([built, ...rest])) return false;
        }
      }
    }
    return true;
  };
  search(numbers.map((num) => ({ num, den: 1, text: String(num) })));
}
