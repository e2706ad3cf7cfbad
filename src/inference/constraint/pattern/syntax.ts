/**
 * @file The syntax of patterns: ECMA-262's regular expressions over code points, as JSON Schema uses them.
 *
 * Left out: references back to a group, lookbehind, word boundaries, flags. What they are about cannot be held to byte
 * by byte, or is used by no generator of schemas.
 */
import { type CodePoints, complement, setOf, unicodeProperty, union } from './code-points.ts';

/** A pattern that is no pattern, or uses what is left out. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export type Node =
  | { readonly kind: 'one'; readonly set: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number }
  | { readonly kind: 'look'; readonly of: Node; readonly negative: boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

const code = (character: string): number => character.codePointAt(0)!;
const range = (from: string, to: string): readonly [number, number] => [code(from), code(to)];

const DIGITS = setOf([range('0', '9')]);
const WORD = setOf([range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_', '_')]);
const LINE_ENDS = setOf([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);
/** ECMA-262's WhiteSpace and LineTerminator. */
const SPACE = setOf([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
const SETS: Readonly<Record<string, CodePoints>> = { d: DIGITS, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };

/** The longest pattern, in UTF-16 units. */
const LONGEST = 4096;
const DEEPEST = 100;
/** The largest bound of a repetition. */
const MOST_TIMES = 10_000;

/** @throws PatternError */
export function parsePattern(source: string): Node {
  if (source.length > LONGEST) throw new PatternError(`it has more than ${LONGEST} characters`);
  const parser = new Parser(source);
  const node = parser.either();
  if (!parser.done) throw new PatternError('there is a ")" too many');
  return node;
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  get done(): boolean {
    return this.#at >= this.#characters.length;
  }

  #peek(text: string): boolean {
    return Array.from(text).every((one, i) => this.#characters[this.#at + i] === one);
  }

  #skip(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += Array.from(text).length;
    return true;
  }

  #take(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternError('it ends too early');
    return character;
  }

  either(): Node {
    if (++this.#depth > DEEPEST) throw new PatternError(`it nests deeper than ${DEEPEST} groups`);
    const parts = [this.#sequence()];
    while (this.#skip('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (!this.done && !this.#peek('|') && !this.#peek(')')) parts.push(this.#repeated(this.#atom()));
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(of: Node): Node {
    const times = this.#times();
    if (times === null) return of;
    if (of.kind === 'start' || of.kind === 'end') throw new PatternError('an anchor is repeated');
    // Lazy and greedy read the same texts.
    this.#skip('?');
    return { kind: 'repeat', of, least: times[0], most: times[1] };
  }

  #times(): readonly [number, number] | null {
    if (this.#skip('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#skip('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#skip('?')) return [0, 1];
    if (!this.#peek('{')) return null;
    const rest = this.#characters.slice(this.#at, this.#at + 20).join('');
    const [whole, least, comma, most] = /^\{(\d+)(?:(,)(\d*))?\}/.exec(rest) ?? [];
    // A brace that begins no repetition is a letter.
    if (whole === undefined) return null;
    this.#at += whole.length;
    const from = Number(least);
    const to = comma === undefined ? from : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    if (from > to) throw new PatternError(`${whole} asks for more than it allows`);
    if (from > MOST_TIMES || (to > MOST_TIMES && Number.isFinite(to))) {
      throw new PatternError(`${whole} repeats more than ${MOST_TIMES} times`);
    }
    return [from, to];
  }

  #atom(): Node {
    const character = this.#take();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'one', set: complement(LINE_ENDS) };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'one', set: this.#class() };
      case '\\':
        return { kind: 'one', set: asSet(this.#escape(false)) };
      case '*':
      case '+':
      case '?':
        throw new PatternError(`"${character}" repeats nothing`);
      default:
        return { kind: 'one', set: asSet(code(character)) };
    }
  }

  #group(): Node {
    let look: boolean | null = null;
    if (this.#skip('?')) {
      if (this.#peek('<=') || this.#peek('<!')) throw new PatternError('it looks behind');
      if (this.#skip('=')) look = false;
      else if (this.#skip('!')) look = true;
      else if (this.#skip('<')) while (this.#take() !== '>');
      else if (!this.#skip(':')) throw new PatternError('it sets flags');
    }
    const of = this.either();
    if (!this.#skip(')')) throw new PatternError('a group is not closed');
    return look === null ? of : { kind: 'look', of, negative: look };
  }

  #class(): CodePoints {
    const isNegative = this.#skip('^');
    const sets: CodePoints[] = [];
    while (!this.#skip(']')) {
      const first = this.#classMember();
      const isRange = this.#peek('-') && !this.#peek('-]');
      if (!isRange) sets.push(asSet(first));
      else {
        this.#take();
        const last = this.#classMember();
        if (typeof first !== 'number' || typeof last !== 'number') {
          sets.push(asSet(first), asSet(code('-')), asSet(last));
        } else if (first > last) throw new PatternError('a range of characters runs backwards');
        else sets.push(setOf([[first, last]]));
      }
    }
    return isNegative ? complement(union(...sets)) : union(...sets);
  }

  #classMember(): Member {
    const character = this.#take();
    return character === '\\' ? this.#escape(true) : code(character);
  }

  #escape(isInClass: boolean): Member {
    const letter = this.#take();
    const set = SETS[letter.toLowerCase()];
    if (set !== undefined) return letter === letter.toLowerCase() ? set : complement(set);
    if (letter === 'b' && isInClass) return 8;
    if (CONTROLS[letter] !== undefined) return CONTROLS[letter];
    if (letter === 'x') return this.#hex(2);
    if (letter === 'u') return this.#unicode();
    if (letter === 'p' || letter === 'P') return this.#property(letter === 'P');
    if (letter === 'b' || letter === 'B') throw new PatternError('it has a word boundary');
    if (/[1-9k]/.test(letter)) throw new PatternError('it refers back to a group');
    if (/[A-Za-z]/.test(letter)) throw new PatternError(`"\\${letter}" means nothing`);
    return code(letter);
  }

  #property(isNegative: boolean): CodePoints {
    if (!this.#skip('{')) throw new PatternError('"\\p" names no property');
    let name = '';
    for (let letter = this.#take(); letter !== '}'; letter = this.#take()) name += letter;
    const set = /^[\w=]{1,80}$/.test(name) ? unicodeProperty(name) : null;
    if (set === null) throw new PatternError(`there is no Unicode property ${JSON.stringify(name)}`);
    return isNegative ? complement(set) : set;
  }

  #unicode(): number {
    if (!this.#skip('{')) {
      const unit = this.#hex(4);
      const isHigh = unit >= 0xd800 && unit < 0xdc00;
      if (!isHigh || !this.#skip('\\u')) return unit;
      const low = this.#hex(4);
      return code(String.fromCharCode(unit, low));
    }
    let digits = '';
    for (let letter = this.#take(); letter !== '}'; letter = this.#take()) digits += letter;
    const value = /^[0-9a-f]{1,6}$/i.test(digits) ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY;
    if (value > 0x10ffff) throw new PatternError(`"\\u{${digits.slice(0, 20)}}" is no character`);
    return value;
  }

  #hex(count: number): number {
    const digits = Array.from({ length: count }, () => this.#take()).join('');
    if (!/^[0-9a-f]+$/i.test(digits)) throw new PatternError(`"${digits}" is no hexadecimal number`);
    return Number.parseInt(digits, 16);
  }
}

/** One code point, a surrogate too, or a set. */
type Member = number | CodePoints;
const asSet = (member: Member): CodePoints =>
  typeof member === 'number' ? setOf([[member, member]]) : member;
