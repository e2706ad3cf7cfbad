/** @file A reader over the tokens of an answer, shared by the two halves of the grammar. */
import type { Token } from './lexer.ts';
import type { Node } from './node.ts';
import { ReadError } from './read-error.ts';

/** Deepest nesting that is read. */
export const MAX_DEPTH = 40;

/** The rules that what is inside brackets goes back to. */
export interface Grammar {
  /** Statements between separators. */
  items(reader: Reader): Node[];
  statement(reader: Reader): Node;
  sum(reader: Reader): Node;
  /** Whether the next token can begin a factor that stands beside the last one without a sign. */
  beginsFactor(reader: Reader): boolean;
}

/** The tokens and where the reader stands in them. */
export class Reader {
  readonly #tokens: Token[];
  #position = 0;
  #depth = 0;
  /** Open places where `|` and `:` end the expression (inside sets and absolute values). */
  barStops = 0;
  /** Open places where `[` closes: ]0, 1[. */
  bracketStops = 0;

  readonly grammar: Grammar;

  constructor(tokens: readonly Token[], grammar: Grammar) {
    this.#tokens = [...tokens];
    this.grammar = grammar;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#position + ahead];
  }

  take(): Token {
    const token = this.#tokens[this.#position];
    if (token === undefined) throw new ReadError('the answer ends too early');
    this.#position += 1;
    return token;
  }

  /** Takes the first digit of the next token, a number: `\frac12` is 1 over 2. */
  takeDigit(): string {
    const token = this.take();
    const [digit, rest] = [token.value.slice(0, 1), token.value.slice(1)];
    if (rest !== '') {
      this.#position -= 1;
      this.#tokens[this.#position] = { kind: 'number', value: rest, spaced: false };
    }
    return digit;
  }

  /** Whether the next token is this sign or command. */
  at(value: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token?.kind === 'sign' || token?.kind === 'command') && token.value === value;
  }

  /** Whether `!=` comes next; in `5! = 120` the equals sign stands apart. */
  atNotEqual(): boolean {
    return this.at('!') && this.at('=', 1) && !this.peek(1)!.spaced;
  }

  /** Takes the next token if it is this sign or command. */
  accept(value: string): boolean {
    if (!this.at(value)) return false;
    this.#position += 1;
    return true;
  }

  expect(value: string): void {
    if (!this.accept(value)) throw new ReadError(`${value} is missing`);
  }

  /** Runs one level deeper. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ReadError('nested too deep');
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** What `read` gives, or the reader put back and null where it fails. */
  attempt<T>(read: () => T): T | null {
    const [position, depth, bars] = [this.#position, this.#depth, this.barStops];
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      [this.#position, this.#depth, this.barStops] = [position, depth, bars];
      return null;
    }
  }
}
