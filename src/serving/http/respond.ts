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
import { TextBody } from './text-body.ts';

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

async function next({ exchange, events, keepAliveMs, check }: Reply): Promise<Next> {
  const result = await events.next(keepAliveMs);
  if (result !== WAITING && result.done !== true) {
    exchange.saw(result.value);
    check(result.value);
  }
  return result;
}

/** The first event; a request that is refused because of it is ended. */
async function firstOf(reply: Reply): Promise<Next> {
  try {
    return await next(reply);
  } catch (error) {
    reply.events.stop();
    throw error;
  }
}

/** @throws what the backend refuses the request with, where it does so in time */
export async function streamReply(reply: Reply, wire: StreamWire): Promise<Response> {
  const { exchange } = reply;
  let first: Next | null = await firstOf(reply);
  exchange.streaming = true;
  const body = replyBody(exchange, async () => {
    try {
      const result = first ?? (await next(reply));
      first = null;
      if (result === WAITING) return [wire.waiting?.() ?? ': keep-alive\n\n', false];
      return result.done === true ? [wire.end(), true] : [wire.event(result.value), false];
    } catch (error) {
      if (wire.interrupted !== undefined && canFinish(reply, error)) {
        return [wire.interrupted() + wire.end(), true];
      }
      reply.events.stop();
      return [wire.failed(toApiError(error, exchange.report)), true];
    }
  });
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
  const body = replyBody(exchange, async () => {
    // The time has passed once already.
    if (!begun) {
      begun = true;
      return ['\n', false];
    }
    try {
      const value = await inTime(collecting, keepAliveMs, exchange.signal);
      return value === WAITING ? ['\n', false] : [JSON.stringify(value), true];
    } catch (error) {
      return [JSON.stringify(exchange.errorBody(toApiError(error, exchange.report))), true];
    }
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

async function collect(reply: Reply, wire: WholeWire): Promise<object> {
  try {
    for (;;) {
      const result = await next(reply);
      if (result === WAITING) continue;
      if (result.done === true) return wire.end();
      wire.event(result.value);
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

/**
 * The body of an exchange, which ends with it.
 * @param make - the next text (may be empty) and whether it is the last
 */
function replyBody(
  exchange: Exchange,
  make: () => Promise<readonly [text: string, last: boolean]>,
): TextBody {
  return new TextBody({
    async next() {
      const made = await make();
      if (made[1]) exchange.end(200);
      return made;
    },
    cancel: () => exchange.abort(),
  });
}
