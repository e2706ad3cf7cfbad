/**
 * @file Server-sent events out of text that comes in pieces cut anywhere (HTML standard, section 9.2.6). Only `data` is
 * kept: the API uses neither names nor ids, and its comments keep the connection alive.
 */

export class SseParser {
  #line = '';
  #data: string[] = [];
  /** The last piece ended in CR: an LF at the start of the next one belongs to it. */
  #afterCr = false;
  #started = false;

  /** The data of each event that the text completes. */
  push(text: string): string[] {
    // An empty piece, as a decoder gives for half a character, leaves what is known of the last one standing.
    if (text === '') return [];
    let rest = text;
    if (!this.#started && rest.startsWith('\uFEFF')) rest = rest.slice(1);
    this.#started = true;
    if (this.#afterCr && rest.startsWith('\n')) rest = rest.slice(1);
    this.#afterCr = rest.endsWith('\r');
    const lines = rest.split(/\r\n|\r|\n/);
    const events: string[] = [];
    for (const piece of lines.slice(0, -1)) {
      const event = this.#endLine(this.#line + piece);
      this.#line = '';
      if (event !== null) events.push(event);
    }
    this.#line += lines.at(-1)!;
    return events;
  }

  #endLine(line: string): string | null {
    if (line === '') {
      const event = this.#data.length === 0 ? null : this.#data.join('\n');
      this.#data = [];
      return event;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field === 'data') this.#data.push(colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, ''));
    return null;
  }
}
