/** @file Reading tokens one after the other. */
import { TemplateSyntaxError } from './errors.ts';
import type { Token } from './lexer.ts';

/** A place in a list of tokens. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#index]!;
  }

  get line(): number {
    return this.current.line;
  }

  next(): Token {
    const token = this.current;
    if (token.type !== 'end') this.#index += 1;
    return token;
  }

  is(type: Token['type'], ...values: readonly string[]): boolean {
    const token = this.current;
    return token.type === type && (values.length === 0 || values.includes(token.value));
  }

  /** Whether the two next tokens are these names. */
  areNames(first: string, second: string): boolean {
    const after = this.#tokens[this.#index + 1];
    return this.is('name', first) && after?.type === 'name' && after.value === second;
  }

  skip(type: Token['type'], value: string): boolean {
    if (!this.is(type, value)) return false;
    this.next();
    return true;
  }

  expect(type: Token['type'], value?: string): Token {
    if (this.is(type, ...(value === undefined ? [] : [value]))) return this.next();
    throw this.error(`expected ${value === undefined ? NAMES[type] : `'${value}'`}, found ${this.found()}`);
  }

  found(): string {
    const { type, value } = this.current;
    return type === 'name' || type === 'operator' || type === 'integer' || type === 'float'
      ? `'${value}'`
      : NAMES[type];
  }

  error(message: string, line = this.line): TemplateSyntaxError {
    return new TemplateSyntaxError(message, line);
  }
}

const NAMES: { readonly [type in Token['type']]: string } = {
  data: 'text',
  variable_begin: "'{{'",
  variable_end: "'}}'",
  block_begin: "'{%'",
  block_end: "'%}'",
  name: 'a name',
  string: 'a string',
  integer: 'a whole number',
  float: 'a number',
  operator: 'an operator',
  end: 'the end of the template',
};
