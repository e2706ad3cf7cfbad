/**
 * @file The terminal while a reply comes: text that stays, and below it one live line that is redrawn.
 *
 * A terminal that cannot redraw (`TERM=dumb`) gets what stays only.
 */
import type { Output } from '../../output.ts';
import { truncate } from '../../text/index.ts';
import { type ChatPaint, paintLines } from './palette.ts';
import { takeRows } from './thought-rows.ts';

/** To the start of the line, and erase it. */
const CLEAR_LINE = '\r\u001b[2K';
const LINE_UP = '\u001b[1A';
/** Columns assumed where the terminal does not tell. */
const DEFAULT_COLUMNS = 80;

export class Screen {
  readonly paint: ChatPaint;
  /** Whether lines can be redrawn. */
  readonly redraws: boolean;
  readonly #output: Output;
  /** What is drawn and will be drawn over: a row of quiet text that grows, and the live line. */
  #row = '';
  #live = '';
  #atLineStart = true;

  constructor(output: Output, paint: ChatPaint, redraws: boolean) {
    this.#output = output;
    this.paint = paint;
    this.redraws = redraws;
  }

  /** Writes text that stays. The live line is gone. */
  write(text: string): void {
    if (text === '') return;
    this.settle();
    this.#output.write(text);
    this.#atLineStart = text.endsWith('\n');
  }

  /** Writes text that stays, on lines of its own. */
  print(text: string): void {
    this.settle();
    this.write(`${this.#atLineStart ? '' : '\n'}${text}\n`);
  }

  /** Shows a quiet line until the next one, or until something is written. */
  live(text: string): void {
    if (!this.redraws) return;
    // Below text that stays, the line begins on a row of its own.
    const down = this.#live === '' && !this.#atLineStart ? '\n' : '';
    this.#live = text;
    this.#atLineStart = true;
    this.#output.write(`${down}${CLEAR_LINE}${this.#liveLine()}`);
  }

  /** Adds quiet text above the live line, broken into rows where lines can be redrawn. */
  quiet(text: string): void {
    if (text === '') return;
    if (!this.redraws) {
      this.#output.write(paintLines(this.paint, 'quiet', text));
      this.#atLineStart = text.endsWith('\n');
      return;
    }
    const erased = this.#erased();
    const { complete, growing } = takeRows(this.#row + text, this.#width());
    const stays = complete.map((row) => `${this.paint('quiet', row)}\n`).join('');
    this.#row = growing;
    const row = growing === '' ? '' : `${this.paint('quiet', growing)}\n`;
    this.#output.write(erased + stays + row + this.#liveLine());
  }

  /** Takes the live line away and lets what stands above it stay. */
  settle(): void {
    if (this.#live !== '') this.#output.write(CLEAR_LINE);
    this.#row = '';
    this.#live = '';
  }

  /** What erases the growing row and the live line. */
  #erased(): string {
    return CLEAR_LINE + (this.#row === '' ? '' : LINE_UP + CLEAR_LINE);
  }

  #liveLine(): string {
    return this.paint('quiet', truncate(this.#live, this.#width()));
  }

  /** One column is left free: some terminals wrap when the last one is written. */
  #width(): number {
    return Math.max(2, (this.#output.columns || DEFAULT_COLUMNS) - 1);
  }
}
