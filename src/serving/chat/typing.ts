/**
 * @file Lines typed at a terminal: edited and remembered by node:readline, asked for one at a time.
 *
 * The terminal stays in raw mode while a reply comes, so that Ctrl-C arrives as a key and stops the reply alone. What is
 * typed meanwhile is not echoed; it waits for the next prompt. Pasted lines belong to one message (bracketed paste).
 */
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Output } from '../../output.ts';
import type { Input } from './streams.ts';

/** What came of a prompt. */
export type Line =
  /** @property goesOn - it was pasted with its line break: the message goes on */
  | { readonly type: 'line'; readonly text: string; readonly goesOn: boolean }
  | { readonly type: 'interrupt' }
  | { readonly type: 'closed' };

export interface TypingOptions {
  readonly input: Input;
  readonly output: Output;
  /** Ctrl-C while no line is asked for. */
  readonly onInterrupt: () => void;
  /** Whether the terminal knows control sequences. */
  readonly isCapable: boolean;
}

const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
const HISTORY = 1000;

export class Typing implements Disposable {
  readonly #readline: Interface;
  readonly #echo: Echo;
  readonly #options: TypingOptions;
  readonly #waiting: Line[] = [];
  #asked: ((line: Line) => void) | null = null;
  #isClosed = false;
  #isPasting = false;

  constructor(options: TypingOptions) {
    this.#options = options;
    this.#echo = new Echo(options.output);
    this.#readline = createInterface({
      input: options.input,
      output: this.#echo,
      terminal: true,
      historySize: HISTORY,
      removeHistoryDuplicates: true,
    });
    options.input.on('keypress', this.#onKey);
    this.#readline.on('line', (text) => this.#give({ type: 'line', text, goesOn: this.#isPasting }));
    this.#readline.on('SIGINT', () => this.#interrupted());
    this.#readline.once('close', () => {
      this.#isClosed = true;
      this.#asked?.({ type: 'closed' });
      this.#asked = null;
    });
    if (options.isCapable) options.output.write(PASTE_ON);
  }

  /** Asks for a line; one that was typed before is taken at once. */
  async line(prompt: string): Promise<Line> {
    const typed = this.#waiting.shift();
    if (typed !== undefined) {
      if (typed.type === 'line') this.#options.output.write(`${prompt}${typed.text}\n`);
      return typed;
    }
    if (this.#isClosed) return { type: 'closed' };
    this.#echo.isMuted = false;
    this.#readline.setPrompt(prompt);
    this.#readline.prompt(true);
    const line = await new Promise<Line>((resolve) => {
      this.#asked = resolve;
    });
    this.#echo.isMuted = true;
    return line;
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#echo.isMuted = true;
    this.#options.input.off('keypress', this.#onKey);
    this.#readline.close();
    if (this.#options.isCapable) this.#options.output.write(PASTE_OFF);
  }

  readonly #onKey = (_: string | undefined, key: { readonly name?: string } | undefined): void => {
    if (key?.name === 'paste-start') this.#isPasting = true;
    if (key?.name === 'paste-end') this.#isPasting = false;
  };

  #give(line: Line): void {
    if (this.#asked === null) {
      this.#waiting.push(line);
      return;
    }
    this.#echo.isMuted = true;
    this.#asked(line);
    this.#asked = null;
  }

  #interrupted(): void {
    const isAsked = this.#asked !== null;
    this.#echo.isMuted = true;
    // What was typed is dropped, before the cursor and behind it.
    this.#waiting.length = 0;
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    if (isAsked) this.#give({ type: 'interrupt' });
    else this.#options.onInterrupt();
  }
}

/** Where readline writes: the terminal while a line is asked for, nowhere else. */
class Echo extends Writable {
  isMuted = true;
  readonly #output: Output;

  constructor(output: Output) {
    super({ decodeStrings: false });
    this.#output = output;
  }

  /** Read by readline, to know where lines wrap. */
  get columns(): number {
    return this.#output.columns || 80;
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    if (!this.isMuted) this.#output.write(String(chunk));
    done();
  }
}
