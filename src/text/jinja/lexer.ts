/**
 * @file Jinja2's tokens, with the whitespace control of transformers: `trim_blocks` and `lstrip_blocks`.
 *
 * As in the lexer of Jinja2 3.1: the newline after a block or a comment goes, blanks between the start of a line and a
 * block or a comment go, `-` strips all blanks on its side, `+` keeps them, and one newline at the end of the source goes.
 */

import { BLANK, trimEnd } from './blanks.ts';
import { TemplateSyntaxError } from './errors.ts';

type TokenType =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end';

export interface Token {
  readonly type: TokenType;
  /** The text of data and names, the decoded text of a string, the digits of a number, the sign of an operator. */
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

const OPENING = /\{[%{#]/g;
const RAW = new RegExp(`\\{%[-+]?${BLANK}*raw${BLANK}*(?:-%\\}${BLANK}*|%\\})`, 'y');
const END_RAW = new RegExp(`\\{%([-+]?)${BLANK}*endraw${BLANK}*(?:\\+%\\}|-%\\}${BLANK}*|%\\}\\n?)`, 'g');
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}${BLANK}*|#\\}\\n?`, 'g');
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${BLANK}*|%\\}\\n?`, 'y');
const VARIABLE_END = new RegExp(`-\\}\\}${BLANK}*|\\}\\}`, 'y');
const BLANKS = new RegExp(`${BLANK}+`, 'y');
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const OPENS: { readonly [closing: string]: string } = { ')': '(', ']': '[', '}': '{' };

/** The tokens of a template, with `end` as the last. Throws TemplateSyntaxError. */
export function tokenize(source: string): readonly Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #newlines: readonly number[];
  readonly #tokens: Token[] = [];
  #position = 0;
  /** What comes next begins a line. */
  #lineStarts = true;

  constructor(source: string) {
    this.#source = source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    this.#newlines = [...this.#source.matchAll(/\n/g)].map((found) => found.index);
  }

  run(): readonly Token[] {
    for (;;) {
      OPENING.lastIndex = this.#position;
      const found = OPENING.exec(this.#source);
      if (found === null) break;
      this.#tag(found.index);
    }
    this.#data(this.#source.slice(this.#position));
    this.#push('end', '', this.#source.length);
    return this.#tokens;
  }

  #tag(at: number): void {
    const source = this.#source;
    const opening = source.slice(at, at + 2);
    const sign = source[at + 2] === '-' || source[at + 2] === '+' ? source[at + 2]! : '';
    this.#data(this.#stripped(source.slice(this.#position, at), sign, opening === '{{'));
    this.#position = at;
    if (opening === '{#') this.#comment(at + 2);
    else if (opening === '{%' && this.#take(RAW) !== null) this.#raw();
    else this.#code(opening === '{{', at + 2 + sign.length);
  }

  /** The text before a tag, without the blanks that the tag strips. */
  #stripped(text: string, sign: string, variable: boolean): string {
    if (sign === '-') return trimEnd(text);
    if (sign === '+' || variable) return text;
    const start = text.lastIndexOf('\n') + 1;
    const whole = start > 0 || this.#lineStarts;
    return whole && trimEnd(text.slice(start)) === '' ? text.slice(0, start) : text;
  }

  #comment(from: number): void {
    COMMENT_END.lastIndex = from;
    const end = COMMENT_END.exec(this.#source);
    if (end === null) throw this.#error('the comment is never closed (#})', this.#position);
    this.#moveTo(end.index + end[0].length);
  }

  #raw(): void {
    END_RAW.lastIndex = this.#position;
    const end = END_RAW.exec(this.#source);
    if (end === null) throw this.#error('{% raw %} is never closed ({% endraw %})', this.#position);
    this.#data(this.#stripped(this.#source.slice(this.#position, end.index), end[1]!, false));
    this.#moveTo(end.index + end[0].length);
  }

  /** The tokens of `{{ … }}` or `{% … %}`. */
  #code(variable: boolean, from: number): void {
    const kind = variable ? 'variable' : 'block';
    const opened = this.#position;
    this.#push(`${kind}_begin`, '', opened);
    this.#position = from;
    const brackets: string[] = [];
    for (;;) {
      const at = this.#position;
      if (brackets.length === 0 && this.#take(variable ? VARIABLE_END : BLOCK_END) !== null) {
        this.#push(`${kind}_end`, '', at);
        return;
      }
      if (at >= this.#source.length)
        throw this.#error(`the tag ${variable ? '{{' : '{%'} is never closed`, opened);
      if (this.#take(BLANKS) === null) this.#token(brackets);
    }
  }

  #token(brackets: string[]): void {
    const at = this.#position;
    const first = this.#source[at]!;
    if (first === "'" || first === '"') this.#string(first);
    // After a dot there is no fraction: a.0.1 is two indices.
    else if (this.#source[at - 1] !== '.' && this.#word('float', FLOAT)) return;
    else if (this.#word('integer', INTEGER) || this.#word('name', NAME)) return;
    else this.#operator(brackets);
  }

  #word(type: 'float' | 'integer' | 'name', pattern: RegExp): boolean {
    const at = this.#position;
    const word = this.#take(pattern);
    if (word === null) return false;
    this.#push(type, type === 'name' ? word : word.replaceAll('_', ''), at);
    return true;
  }

  #operator(brackets: string[]): void {
    const at = this.#position;
    const operator = this.#take(OPERATOR);
    if (operator === null) throw this.#error(`unexpected character ${JSON.stringify(this.#source[at])}`, at);
    if ('([{'.includes(operator)) brackets.push(operator);
    const opening = OPENS[operator];
    if (opening !== undefined && brackets.pop() !== opening)
      throw this.#error(`unexpected '${operator}'`, at);
    this.#push('operator', operator, at);
  }

  #string(quote: string): void {
    const at = this.#position;
    let end = at + 1;
    while (end < this.#source.length && this.#source[end] !== quote)
      end += this.#source[end] === '\\' ? 2 : 1;
    if (end >= this.#source.length) throw this.#error('the string is never closed', at);
    const value = decoded(this.#source.slice(at + 1, end));
    if (value === null) throw this.#error('the string has an invalid escape', at);
    this.#position = end + 1;
    this.#push('string', value, at);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#source);
    if (found === null) return null;
    this.#moveTo(this.#position + found[0].length);
    return found[0];
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#lineStarts = this.#source[position - 1] === '\n';
  }

  #data(text: string): void {
    if (text !== '') this.#push('data', text, this.#position);
  }

  #push(type: TokenType, value: string, at: number): void {
    this.#tokens.push({ type, value, line: this.#lineOf(at) });
  }

  /** Newlines before the position, found by halving. */
  #lineOf(at: number): number {
    let [low, high] = [0, this.#newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#newlines[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  #error(message: string, at: number): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.#lineOf(at));
  }
}

const ESCAPE =
  /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|N\{[^}]*\}|(\n)|([\s\S]))/g;
const LETTERS: { readonly [letter: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  "'": "'",
  '"': '"',
  '\\': '\\',
};

/** Python's escapes in a string; null where one of them is incomplete or names a character. */
function decoded(text: string): string | null {
  let valid = true;
  const value = text.replace(
    ESCAPE,
    (
      whole,
      two?: string,
      four?: string,
      eight?: string,
      octal?: string,
      newline?: string,
      letter?: string,
    ) => {
      const hex = two ?? four ?? eight;
      const code = hex === undefined ? parseInt(octal ?? '', 8) : parseInt(hex, 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      if (newline !== undefined) return '';
      if (letter === undefined || 'xuUN'.includes(letter)) valid = false;
      return LETTERS[letter ?? ''] ?? whole;
    },
  );
  return valid ? value : null;
}
