/**
 * @file Reading arithmetic, with at most one variable, as the exact polynomial it equals.
 *
 * Grammar: sum = product (± product)*; product = signed ((* | /) signed | power)*, juxtaposition multiplying as in `3x`
 * and `2(x + 1)` but never two numbers; power = atom (^ integer)?; a sign binds weaker than `^`. Division is by numbers
 * only. Every size is capped (length, nesting, degree, digits), so a hostile text costs little: it reads as null.
 */

import { div, type Rational, rational } from '../rational.ts';
import { addPolynomials, mulPolynomials, type Polynomial, polynomial } from './polynomial.ts';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 100;
const MAX_DEGREE = 20;
const MAX_SIZE = 10n ** 200n;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([a-zA-Z])|(\*\*|[-+*/^()]))/y;

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/[−–]/g, '-'],
  [/[×·⋅]|\\times|\\cdot/g, '*'],
  [/[÷:]|\\div/g, '/'],
  [/²/g, '^2'],
  [/³/g, '^3'],
  [/\^\{(\d+)\}/g, '^$1'],
  [/(\d),(?=\d{3}(?!\d))/g, '$1'],
];

/** The polynomial in `variable` that `text` equals (a constant for plain arithmetic), or null where it is none. */
export function readPolynomial(text: string, variable = 'x'): Polynomial | null {
  if (text.length > MAX_LENGTH) return null;
  const tokens = tokensOf(SPELLINGS.reduce((spelt, [from, to]) => spelt.replace(from, to), text));
  if (tokens === null || tokens.length === 0) return null;
  try {
    const reader = new Reader(tokens, variable);
    const value = reader.sum(0);
    return reader.atEnd() ? value : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** The number that `text` equals, or null where it is none. */
export function readValue(text: string): Rational | null {
  const value = readPolynomial(text);
  if (value === null || value.length > 1) return null;
  return value[0] ?? rational(0);
}

function tokensOf(text: string): string[] | null {
  const source = text.trim();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) return null;
    tokens.push(match[1] ?? match[2] ?? (match[3] === '**' ? '^' : match[3]!));
  }
  return tokens;
}

class Unreadable extends Error {}

/** A recursive descent over the tokens, one method for each rule of the grammar. */
class Reader {
  readonly #tokens: readonly string[];
  readonly #variable: string;
  #next = 0;

  constructor(tokens: readonly string[], variable: string) {
    this.#tokens = tokens;
    this.#variable = variable;
  }

  atEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  sum(depth: number): Polynomial {
    let total = this.#product(depth);
    for (;;) {
      if (this.#take('+')) total = addPolynomials(total, this.#product(depth));
      else if (this.#take('-')) total = addPolynomials(total, negate(this.#product(depth)));
      else return total;
      checkSize(total);
    }
  }

  #product(depth: number): Polynomial {
    let total = this.#signed(depth);
    for (;;) {
      if (this.#take('*')) total = times(total, this.#signed(depth));
      else if (this.#take('/')) total = times(total, inverse(this.#signed(depth)));
      else if (/^[a-zA-Z(]/.test(this.#peek())) total = times(total, this.#power(depth));
      else return total;
    }
  }

  #signed(depth: number): Polynomial {
    if (depth > MAX_DEPTH) throw new Unreadable();
    if (this.#take('-')) return negate(this.#signed(depth + 1));
    if (this.#take('+')) return this.#signed(depth + 1);
    return this.#power(depth);
  }

  #power(depth: number): Polynomial {
    const base = this.#atom(depth);
    if (!this.#take('^')) return base;
    const exponent = this.#tokens[this.#next++] ?? '';
    if (!/^\d{1,2}$/.test(exponent)) throw new Unreadable();
    let total = polynomial([1]);
    for (let i = 0; i < Number(exponent); i++) total = times(total, base);
    return total;
  }

  #atom(depth: number): Polynomial {
    const token = this.#tokens[this.#next++] ?? '';
    if (token === '(') {
      const inner = this.sum(depth + 1);
      if (!this.#take(')')) throw new Unreadable();
      return inner;
    }
    if (token === this.#variable) return polynomial([0, 1]);
    if (!/^\d/.test(token)) throw new Unreadable();
    const [whole = '', fraction = ''] = token.split('.');
    return checkSize(polynomial([rational(BigInt(whole + fraction), 10n ** BigInt(fraction.length))]));
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? '';
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next++;
    return true;
  }
}

function negate(p: Polynomial): Polynomial {
  return mulPolynomials(p, polynomial([-1]));
}

function inverse(p: Polynomial): Polynomial {
  if (p.length !== 1) throw new Unreadable();
  return [div(rational(1), p[0]!)];
}

function times(p: Polynomial, q: Polynomial): Polynomial {
  if (p.length + q.length - 2 > MAX_DEGREE) throw new Unreadable();
  return checkSize(mulPolynomials(p, q));
}

function checkSize(p: Polynomial): Polynomial {
  const isTooLarge = p.some(({ num, den }) => num > MAX_SIZE || -num > MAX_SIZE || den > MAX_SIZE);
  if (isTooLarge) throw new Unreadable();
  return p;
}
