/**
 * @file From a backend's events to an HTTP response, streamed or in one piece.
 *
 * The status waits for the first event, so that a refusal is a status; when none comes within the keep-alive time the
 * response is begun with 200 all the same, and a failure after that is told in the body. A streamed body is made only
 * as it is taken: what a slow reader leaves lying holds the model up.
 */
import { GenerationError, type GenerationEvent } from '../backend.ts';
import { toApiError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { inTime, type PatientReader, WAITING } from './patient-reader.ts';
import type { StreamWire, WholeWire } from './reply-wire.ts';
import { TextBody, type TextSource } from './text-body.ts';

export interface Reply {
  readonly exchange: Exchange;
  readonly events: PatientReader<GenerationEvent>;
  readonly keepAliveMs: number;
  /** A reply whose model was lost is ended with a finish reason instead of an error. */
  readonly finishInterrupted: boolean;
  /** Looks at an event before it is used; throws where the request is refused after all. */
  readonly check: (event: GenerationEvent) => void;
}

type Next = IteratorResult<GenerationEvent> | typeof WAITING;

/** What has come, once it has been looked at. */
function seen({ exchange, check }: Reply, next: Next): Next {
  if (next !== WAITING && next.done !== true) {
    exchange.saw(next.value);
    check(next.value);
  }
  return next;
}

/** The first event; a request that is refused because of it is ended. */
async function firstOf(reply: Reply): Promise<Next> {
  try {
    return seen(reply, await reply.events.next(reply.keepAliveMs));
  } catch (error) {
    reply.events.stop();
    throw error;
  }
}

/** @throws what the backend refuses the request with, where it does so in time */
export async function streamReply(reply: Reply, wire: StreamWire): Promise<Response> {
  const { exchange, events, keepAliveMs } = reply;
  let first: Next | null = await firstOf(reply);
  exchange.streaming = true;
  const next: TextSource['next'] = async () => {
    try {
      const event = first ?? seen(reply, await events.next(keepAliveMs));
      first = null;
      if (event === WAITING) return [wire.waiting?.() ?? ': keep-alive\n\n', false];
      return event.done === true ? ended(exchange, wire.end()) : [wire.event(event.value), false];
    } catch (error) {
      if (wire.interrupted !== undefined && canFinish(reply, error)) {
        return ended(exchange, wire.interrupted() + wire.end());
      }
      events.stop();
      return ended(exchange, wire.failed(toApiError(error, exchange.report)));
    }
  };
  const body = new TextBody({ next, cancel: () => exchange.abort() });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // Tells nginx not to collect the stream.
      'x-accel-buffering': 'no',
    },
  });
}

/** @throws what the backend fails with, where it does so in time */
export async function wholeReply(reply: Reply, wire: WholeWire): Promise<Response> {
  const { exchange, keepAliveMs } = reply;
  const collecting = collect(reply, wire);
  collecting.catch(() => undefined);
  const early = await inTime(collecting, keepAliveMs, exchange.signal);
  if (early !== WAITING) return Response.json(early);
  exchange.streaming = true;
  let begun = false;
  const next: TextSource['next'] = async () => {
    // The time has passed once already.
    if (!begun) {
      begun = true;
      return ['\n', false];
    }
    try {
      const value = await inTime(collecting, keepAliveMs, exchange.signal);
      return value === WAITING ? ['\n', false] : ended(exchange, JSON.stringify(value));
    } catch (error) {
      const shown = exchange.errorBody(toApiError(error, exchange.report));
      return ended(exchange, JSON.stringify(shown));
    }
  };
  const body = new TextBody({ next, cancel: () => exchange.abort() });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

async function collect(reply: Reply, wire: WholeWire): Promise<object> {
  try {
    for (;;) {
      const next = seen(reply, await reply.events.next(reply.keepAliveMs));
      if (next === WAITING) continue;
      if (next.done === true) return wire.end();
      wire.event(next.value);
    }
  } catch (error) {
    if (!canFinish(reply, error)) {
      reply.events.stop();
      throw error;
    }
    return wire.end();
  }
}

function canFinish({ finishInterrupted }: Reply, error: unknown): boolean {
  return finishInterrupted && error instanceof GenerationError && error.kind === 'interrupted';
}

/** The last text of a body; the exchange ends with it. */
function ended(exchange: Exchange, text: string): readonly [text: string, last: true] {
  exchange.end(200);
  return [text, true];
}
