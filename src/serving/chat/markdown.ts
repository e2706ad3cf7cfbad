/**
 * @file Light colours for Markdown while it streams: headings, **bold**, `code`, fenced code and \boxed{…}.
 *
 * Only colours are added: without them the output is the input, character for character, however it was cut. A span is
 * held back until it closes, for at most a line and `LONGEST_SPAN` characters; everything else goes on at once. Leaves
 * out emphasis with one asterisk (it is multiplication as often), links, lists and tables, which read well as they are.
 */
import type { ChatPaint, ChatStyle } from './palette.ts';

/** A span that has not closed after so many characters is none. */
const LONGEST_SPAN = 300;
const BOXED = '\\boxed{';

/** What a line may still become: a heading, the border of fenced code, or neither. */
const UNDECIDED = /^ {0,3}(?:#{0,6}|`{0,2}|~{0,2})$/;
const HEADING = /^ {0,3}#{1,6}(?=[ \t\n]|$)/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** What begins a span. */
const SPAN = /`+|\*\*|\\boxed\{/;
/** The end of a piece that may go on to begin a span. */
const SPAN_BEGINNING = /(?:`+|\*|\\(?:b(?:o(?:x(?:ed?)?)?)?)?)$/;

type LineKind = 'start' | 'text' | 'heading' | 'fenced' | 'border';

/** Colours of a line that is of one colour. */
const LINE_STYLES: Partial<Record<LineKind, ChatStyle>> = {
  heading: 'heading',
  fenced: 'code',
  border: 'quiet',
};

/** Colours a text that comes in pieces. */
export class MarkdownStream {
  readonly #paint: ChatPaint;
  #held = '';
  #kind: LineKind = 'start';
  /** The characters that opened fenced code. */
  #fence: string | null = null;

  constructor(paint: ChatPaint) {
    this.#paint = paint;
  }

  /** The next piece; returns what can be shown. */
  push(text: string): string {
    this.#held += text;
    return this.#drain(false);
  }

  /** Nothing follows; returns the rest. */
  end(): string {
    return this.#drain(true);
  }

  #drain(isEnd: boolean): string {
    let shown = '';
    while (this.#held !== '') {
      const piece = this.#next(isEnd);
      if (piece === null) break;
      shown += piece;
    }
    return shown;
  }

  /** Takes something off what is held, coloured; null where more must come first. */
  #next(isEnd: boolean): string | null {
    if (this.#kind === 'start') {
      if (!isEnd && UNDECIDED.test(this.#held)) return null;
      this.#kind = this.#lineKind(isEnd);
    }
    const newline = this.#held.indexOf('\n');
    if (newline === 0) {
      this.#kind = 'start';
      return this.#take(1);
    }
    const line = newline < 0 ? this.#held : this.#held.slice(0, newline);
    // The border of fenced code is read whole: it closes only where nothing follows.
    if (this.#kind === 'border' && newline < 0 && !isEnd) return null;
    if (this.#kind === 'border') this.#passBorder(line);
    const style = LINE_STYLES[this.#kind];
    if (style !== undefined) return this.#take(line.length, style);
    return this.#span(line, newline >= 0 || isEnd);
  }

  #lineKind(isEnd: boolean): LineKind {
    if (FENCE.test(this.#held)) return 'border';
    if (this.#fence !== null) return 'fenced';
    if (!HEADING.test(this.#held)) return 'text';
    return isEnd || !UNDECIDED.test(this.#held) ? 'heading' : 'text';
  }

  #passBorder(line: string): void {
    const marks = FENCE.exec(line)![1]!;
    if (this.#fence === null) this.#fence = marks;
    else if (marks.startsWith(this.#fence) && line.trim() === marks) this.#fence = null;
    else this.#kind = 'fenced';
  }

  /** @param isWhole - the line goes no further */
  #span(line: string, isWhole: boolean): string | null {
    const found = SPAN.exec(line);
    if (found === null) {
      const rest = isWhole ? '' : (SPAN_BEGINNING.exec(line)?.[0] ?? '');
      return line.length === rest.length ? null : this.#take(line.length - rest.length);
    }
    if (found.index > 0) return this.#take(found.index);
    const opening = found[0];
    // Backticks count in runs: one that ends what has come may go on.
    if (!isWhole && opening.length === line.length) return null;
    const length = spanLength(line.slice(0, LONGEST_SPAN), opening, isWhole);
    if (length !== null) return this.#take(length, opening.startsWith('`') ? 'code' : 'strong');
    const mayClose = !isWhole && line.length < LONGEST_SPAN && !(opening === '**' && /\s/.test(line[2]!));
    return mayClose ? null : this.#take(opening.length);
  }

  #take(length: number, style?: ChatStyle): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return style === undefined ? text : this.#paint(style, text);
  }
}

/** Characters from the opening to the end of the closing; null where it does not close. */
function spanLength(line: string, opening: string, isWhole: boolean): number | null {
  if (opening === BOXED) return boxedLength(line);
  if (opening === '**') {
    const close = /^\*\*(?=\S)(?:(?!\*\*).)*?\S\*\*/.exec(line);
    return close === null ? null : close[0].length;
  }
  for (const run of line.slice(opening.length).matchAll(/`+/g)) {
    const end = opening.length + run.index + run[0].length;
    if (run[0].length === opening.length && (isWhole || end < line.length)) return end;
  }
  return null;
}

function boxedLength(line: string): number | null {
  let depth = 0;
  for (let at = BOXED.length - 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '{') depth++;
    else if (line[at] === '}' && --depth === 0) return at + 1;
  }
  return null;
}
