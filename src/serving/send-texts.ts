/** @file A body of texts on its way into a socket, without web streams. */
import type { ServerResponse } from 'node:http';
import type { TextSource } from './http/text-body.ts';

/**
 * Sends texts as fast as the client takes them; the status and the headers of the response are set and go with the first.
 * Resolves when all has been handed to the socket, or the client has gone.
 * @throws what the source throws
 */
export async function sendTexts(outgoing: ServerResponse, source: TextSource): Promise<void> {
  if (outgoing.destroyed) {
    source.cancel();
    return;
  }
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) source.cancel();
  });
  while (!outgoing.destroyed) {
    const [text, last] = await source.next();
    if (outgoing.destroyed) return;
    if (last) {
      outgoing.end(text);
      return;
    }
    if (text !== '' && !outgoing.write(text)) await drained(outgoing);
  }
}

/** Until the client has taken what lies there for it, or has gone. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
