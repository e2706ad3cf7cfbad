/**
 * @file Calls of tools told apart from the answer while it is still being written.
 *
 * A call is given out when it is complete, since only then is it known to be one; text that began like a call and is
 * none is handed on as content. Outside calls only what may still become a marker is held back.
 */
import { randomUUID } from 'node:crypto';
import { beginningAtEnd } from './beginning-at-end.ts';
import { bareCall, type Opening, openingsOf, type ReadCall, type Reader } from './tool-call-readers.ts';
import { TOOL_CALL_SYNTAXES, type ToolCallSyntax } from './tool-syntax.ts';

/** News of a call: first its id and name with no arguments, then its arguments. */
export interface ToolCallDelta {
  /** Which call of the answer, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  /** More of the text of a JSON object. */
  readonly arguments: string;
}

/** What a piece of the answer brought. */
export interface ToolCallPieces {
  readonly content: string;
  readonly calls: ToolCallDelta[];
}

export interface ToolCallParserOptions {
  /** Default: all. A model's own is told by its template, see `toolSyntaxOf`. */
  readonly syntaxes?: readonly ToolCallSyntax[];
  /** Makes the id of a call. */
  readonly newId?: () => string;
}

/** A call begun. */
interface Begun {
  readonly reader: Reader;
  readonly opening: Opening;
  /** Everything read of it, the marker included. */
  raw: string;
}

/** An object that is the whole answer, as Llama 3 calls tools. */
const BARE: Opening = { marker: '{', read: bareCall, closing: ';' };

/**
 * Incremental parser of an answer. All content joined is the answer without its calls, their markers, and the blanks
 * after calls.
 */
export class ToolCallParser {
  readonly #openings: readonly Opening[];
  readonly #bare: boolean;
  readonly #newId: () => string;
  /** Not yet looked at, or maybe the beginning of a marker. */
  #held = '';
  #begun: Begun | null = null;
  /** Nothing but blanks so far. */
  #atStart = true;
  /** The call that came last, with nothing but blanks after it. */
  #after: Opening | null = null;
  #blanks = '';
  #count = 0;
  #content = '';
  #calls: ToolCallDelta[] = [];

  constructor(options: ToolCallParserOptions = {}) {
    const syntaxes = options.syntaxes ?? TOOL_CALL_SYNTAXES;
    this.#openings = openingsOf(syntaxes);
    this.#bare = syntaxes.includes('llama3');
    this.#newId = options.newId ?? (() => `call_${randomUUID().replaceAll('-', '')}`);
  }

  /** Whether the answer holds a call. */
  get called(): boolean {
    return this.#count > 0;
  }

  /** Letters taken that have not been given out as content or a call and still may be. */
  get held(): number {
    return this.#held.length + (this.#begun?.raw.length ?? 0) + this.#blanks.length;
  }

  /** Takes the next piece of the answer; gives what can be told by now. */
  push(text: string): ToolCallPieces {
    this.#held += text;
    while (this.#held !== '' && (this.#begun === null ? this.#outside() : this.#inside(this.#begun)));
    return this.#taken();
  }

  /** The answer is over: gives what was held back. */
  end(): ToolCallPieces {
    if (this.#begun !== null) this.#close(this.#begun, this.#begun.reader.next('').value ?? null);
    if (this.#held !== '') this.#give(this.#held);
    this.#held = '';
    return this.#taken();
  }

  #taken(): ToolCallPieces {
    const taken = { content: this.#content, calls: this.#calls };
    this.#content = '';
    this.#calls = [];
    return taken;
  }

  /** Reads on in a call; true when it ended and text is left. */
  #inside(begun: Begun): boolean {
    const held = this.#held;
    for (let i = 0; i < held.length; i++) {
      const { done, value } = begun.reader.next(held[i]!);
      if (done !== true) continue;
      const read = value === null ? i : i + 1;
      begun.raw += held.slice(0, read);
      this.#held = held.slice(read);
      this.#close(begun, value);
      return true;
    }
    begun.raw += held;
    this.#held = '';
    return false;
  }

  #close(begun: Begun, call: ReadCall | null): void {
    this.#begun = null;
    if (call === null) {
      this.#give(begun.raw);
      return;
    }
    const index = this.#count++;
    this.#calls.push({ index, id: this.#newId(), name: call.name, arguments: '' });
    this.#calls.push({ index, arguments: call.arguments });
    this.#after = begun.opening;
  }

  /** Hands text on; blanks kept since the last call belong to it. */
  #give(text: string): void {
    this.#content += this.#blanks + text;
    this.#blanks = '';
    this.#after = null;
    this.#atStart = false;
  }

  /** Looks for a marker; true when one was found, or may be without more text. */
  #outside(): boolean {
    if (this.#atStart || this.#after !== null) {
      if (!this.#skipBlanks()) return false;
      if (this.#after !== null) {
        const { closing } = this.#after;
        if (closing !== null && this.#held.startsWith(closing)) {
          this.#held = this.#held.slice(closing.length);
          return true;
        }
        if (closing?.startsWith(this.#held)) return false;
      }
      if (this.#bare && this.#held.startsWith('{') && (this.#atStart || this.#after?.closing === ';')) {
        return this.#begin(BARE, 0);
      }
    }
    const found = this.#openings
      .map((opening) => ({ opening, at: this.#held.indexOf(opening.marker) }))
      .filter(({ at }) => at >= 0)
      .reduce<{ opening: Opening; at: number } | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
    if (found !== null) return this.#begin(found.opening, found.at);
    const kept = Math.max(0, ...this.#openings.map(({ marker }) => beginningAtEnd(this.#held, marker)));
    const end = this.#held.length - kept;
    if (end > 0) this.#give(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
    return false;
  }

  /** Blanks at the start are content, blanks after a call are kept; false where nothing else is held. */
  #skipBlanks(): boolean {
    const rest = this.#held.trimStart();
    const blanks = this.#held.slice(0, this.#held.length - rest.length);
    if (this.#after === null) this.#content += blanks;
    else this.#blanks += blanks;
    this.#held = rest;
    return rest !== '';
  }

  #begin(opening: Opening, at: number): true {
    if (at > 0) this.#give(this.#held.slice(0, at));
    this.#held = this.#held.slice(at + opening.marker.length);
    const reader = opening.read();
    reader.next();
    this.#begun = { reader, opening, raw: opening.marker };
    return true;
  }
}
