/**
 * @file Server-sent events read from a stream of text, as the HTML standard parses them (section 9.2.6): lines that end
 * with LF, CR or CR LF, a byte order mark, comments, data over several lines.
 *
 * Other than in the standard, an event that the end of the stream cuts off from its blank line counts.
 */

/** One event. */
export interface ServerEvent {
  /** Its kind; empty where the server names none. */
  readonly event: string;
  readonly data: string;
}

/** Collects the events of one stream. */
export class EventReader {
  /** Beginning of a line whose end has not come. In pieces, so that a long line is not copied at each push. */
  #line: string[] = [];
  #begun = false;
  #afterCarriageReturn = false;
  #event = '';
  #data: string[] = [];

  /** Takes the next text; gives the events it completes. */
  push(text: string): ServerEvent[] {
    const lines = this.#fresh(text).split(/\r\n|\r|\n/);
    if (lines.length === 1) {
      this.#line.push(lines[0]!);
      return [];
    }
    lines[0] = this.#line.join('') + lines[0]!;
    this.#line = [lines.pop()!];
    return lines.flatMap((line) => this.#take(line));
  }

  /** The stream is over: the event that was not closed by a blank line, where there is one. */
  end(): ServerEvent[] {
    const events = this.push('\n');
    return [...events, ...this.#take('')];
  }

  /** The text without a byte order mark at the beginning, and without the second half of a CR LF. */
  #fresh(text: string): string {
    if (text === '') return text;
    const start = (!this.#begun && text[0] === '\ufeff') || (this.#afterCarriageReturn && text[0] === '\n');
    this.#begun = true;
    this.#afterCarriageReturn = text.endsWith('\r');
    return start ? text.slice(1) : text;
  }

  #take(line: string): ServerEvent[] {
    if (line === '') return this.#dispatch();
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line)!;
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    return [];
  }

  #dispatch(): ServerEvent[] {
    const [event, data] = [this.#event, this.#data];
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
  }
}
