/** @file A body of texts on its way into a socket, without web streams. */
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
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
  const sink = sinkOf(outgoing);
  while (!outgoing.destroyed) {
    const [text, last] = await source.next();
    if (outgoing.destroyed) return;
    if (last) {
      sink.end(text);
      return;
    }
    if (text !== '' && !sink.write(text)) await drained(sink.stream, outgoing);
  }
}

/** Where texts go. */
interface Sink {
  /** false: what follows is to wait until `stream` has drained. */
  write(text: string): boolean;
  end(text: string): void;
  readonly stream: Writable;
}

function sinkOf(outgoing: ServerResponse): Sink {
  const { socket } = outgoing;
  // The reply to a request that was sent before the last was answered has no socket yet.
  if (socket === null) return throughResponse(outgoing);
  corkForNow(socket);
  outgoing.flushHeaders();
  if (!outgoing.chunkedEncoding) return throughResponse(outgoing);
  return {
    write: (text) => writeChunk(socket, text),
    end(text) {
      if (text !== '') writeChunk(socket, text);
      outgoing.end();
    },
    stream: socket,
  };
}

function throughResponse(outgoing: ServerResponse): Sink {
  return {
    write: (text) => outgoing.write(text),
    end: (text) => void outgoing.end(text),
    stream: outgoing,
  };
}

/** What is written before the present work is done goes together. */
function corkForNow(socket: Writable): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

/** A chunk of a body (RFC 9112, section 7.1) in one piece; a response would write it in four. */
function writeChunk(socket: Writable, text: string): boolean {
  corkForNow(socket);
  const length = Buffer.byteLength(text);
  const chunk = `${length.toString(16)}\r\n${text}\r\n`;
  // What is ASCII needs no encoding.
  return socket.write(chunk, length === text.length ? 'latin1' : 'utf8');
}

/** Until the client has taken what lies there for it, or has gone. */
function drained(stream: Writable, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    outgoing.on('close', done);
  });
}
