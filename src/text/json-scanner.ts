/**
 * @file A JSON object recognised one letter at a time (RFC 8259), so that text which is still arriving is read once
 * and refused at the first letter that cannot be JSON.
 *
 * Tells the members of the object itself; builds no values. Nesting is kept on a stack of its own, so that a deeply
 * nested text costs its length and no more.
 */

/** What a letter did: the object goes on, is complete with it, or is none. */
export type ScanState = 'more' | 'done' | 'bad';

/** A member's name, and the text of its value. */
export interface ScannedMember {
  readonly key: string;
  readonly value: string;
}

type Expected = 'object' | 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

const SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;

export class JsonObjectScanner {
  #text = '';
  #expected: Expected = 'object';
  /** What closes the arrays and objects that are open. */
  readonly #open: ('}' | ']')[] = [];
  #inside: 'key' | 'string' | 'scalar' | null = null;
  #escaped = false;
  /** Hexadecimal digits of a `\u` still to come. */
  #hexDigits = 0;
  #scalar = '';
  /** The name being read, in quotes. */
  #quotedKey = '';
  #key: string | null = null;
  #valueStart = 0;
  readonly #spans: { readonly key: string; readonly start: number; readonly end: number }[] = [];

  /** All letters read, blanks before the object included. */
  get text(): string {
    return this.#text;
  }

  /** The name of the object's own member read last; null before the first. */
  get key(): string | null {
    return this.#key;
  }

  /** The object's own members that are complete, in their order. */
  get members(): ScannedMember[] {
    return this.#spans.map(({ key, start, end }) => ({ key, value: this.#text.slice(start, end) }));
  }

  push(letter: string): ScanState {
    const at = this.#text.length;
    this.#text += letter;
    if (this.#inside === 'key' || this.#inside === 'string') return this.#string(letter, at);
    if (this.#inside === 'scalar') {
      if (/[\w.+-]/.test(letter)) {
        this.#scalar += letter;
        return 'more';
      }
      if (!SCALAR.test(this.#scalar)) return 'bad';
      this.#inside = null;
      this.#valueEnds(at);
    }
    return ' \t\n\r'.includes(letter) ? 'more' : this.#structure(letter, at);
  }

  #structure(letter: string, at: number): ScanState {
    if (letter === this.#open.at(-1) && this.#mayClose(letter)) {
      this.#open.pop();
      this.#valueEnds(at + 1);
      return this.#open.length === 0 ? 'done' : 'more';
    }
    switch (this.#expected) {
      case 'object':
        return letter === '{' ? this.#opens(letter, at) : 'bad';
      case 'key':
      case 'key or }':
        this.#quotedKey = '"';
        return letter === '"' ? this.#begins('key', at) : 'bad';
      case 'colon':
        this.#expected = 'value';
        return letter === ':' ? 'more' : 'bad';
      case 'comma or end':
        this.#expected = this.#open.at(-1) === '}' ? 'key' : 'value';
        return letter === ',' ? 'more' : 'bad';
      case 'value':
      case 'value or ]':
        if (letter === '{' || letter === '[') return this.#opens(letter, at);
        if (letter === '"') return this.#begins('string', at);
        this.#scalar = letter;
        return /[-\dtfn]/.test(letter) ? this.#begins('scalar', at) : 'bad';
    }
  }

  #mayClose(letter: string): boolean {
    return (
      this.#expected === 'comma or end' || this.#expected === (letter === '}' ? 'key or }' : 'value or ]')
    );
  }

  #opens(letter: '{' | '[', at: number): ScanState {
    if (this.#open.length === 1) this.#valueStart = at;
    this.#open.push(letter === '{' ? '}' : ']');
    this.#expected = letter === '{' ? 'key or }' : 'value or ]';
    return 'more';
  }

  #begins(inside: 'key' | 'string' | 'scalar', at: number): ScanState {
    this.#inside = inside;
    if (inside !== 'key' && this.#open.length === 1) this.#valueStart = at;
    return 'more';
  }

  #string(letter: string, at: number): ScanState {
    if (this.#inside === 'key' && this.#open.length === 1) this.#quotedKey += letter;
    if (this.#hexDigits > 0) {
      this.#hexDigits -= 1;
      return /[\da-fA-F]/.test(letter) ? 'more' : 'bad';
    }
    if (this.#escaped) {
      this.#escaped = false;
      if (letter === 'u') this.#hexDigits = 4;
      return '"\\/bfnrtu'.includes(letter) ? 'more' : 'bad';
    }
    if (letter === '\\') this.#escaped = true;
    else if (letter === '"') this.#stringEnds(at + 1);
    return letter < ' ' ? 'bad' : 'more';
  }

  #stringEnds(end: number): void {
    if (this.#inside === 'string') this.#valueEnds(end);
    else {
      if (this.#open.length === 1) this.#key = JSON.parse(this.#quotedKey) as string;
      this.#expected = 'colon';
    }
    this.#inside = null;
  }

  #valueEnds(end: number): void {
    if (this.#open.length === 1) this.#spans.push({ key: this.#key!, start: this.#valueStart, end });
    this.#expected = 'comma or end';
  }
}
