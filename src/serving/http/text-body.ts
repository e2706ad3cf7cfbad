/**
 * @file A body that is made as it is taken: a text when the one before is gone.
 *
 * To whoever reads it as a stream it is one. A server that holds the socket takes the texts themselves: what web streams do
 * to each of them costs several times what a text costs.
 */

export interface TextSource {
  /** The next text, which may be empty, and whether it is the last. It is not called again before it has resolved. */
  next(): Promise<readonly [text: string, last: boolean]>;
  /** The reader has gone; what `next` gives from now on is nobody's. */
  cancel(): void;
}

const encoder = new TextEncoder();

export class TextBody extends ReadableStream<Uint8Array> {
  /** For one who takes the texts, and reads no stream. */
  readonly source: TextSource;

  constructor(source: TextSource) {
    let cancelled = false;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      for (;;) {
        const [text, last] = await source.next();
        // A cancelled stream takes nothing more.
        if (cancelled) return;
        if (text !== '') controller.enqueue(encoder.encode(text));
        if (last) controller.close();
        if (last || text !== '') return;
      }
    };
    const cancel = (): void => {
      cancelled = true;
      source.cancel();
    };
    super({ pull, cancel }, { highWaterMark: 0 });
    this.source = source;
  }
}
