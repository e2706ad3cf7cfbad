/** @file One HTTP request from its arrival to the end of its response: who, what, how long, how many tokens. */
import { randomUUID } from 'node:crypto';
import type { GenerationEvent } from '../backend.ts';
import type { Admission } from './access.ts';
import type { ApiError } from './errors.ts';
import type { Observer } from './observer.ts';
import { UsageMeter } from './usage.ts';

/** The client went before a status was sent. nginx's number; it is only logged. */
const CLIENT_GONE = 499;

export class Exchange {
  readonly id = randomUUID();
  readonly meter = new UsageMeter();
  /** Seconds since 1970. */
  readonly created = Math.floor(Date.now() / 1000);
  route = 'unknown';
  admission: Admission | null = null;
  model: string | null = null;
  /** The body of an error in the API that the route is of. */
  errorBody: (error: ApiError) => object = (error) => error.body();
  /** The response's body is still being made when its handler returns; who makes it calls `end`. */
  streaming = false;
  readonly #method: string;
  readonly #observer: Observer;
  readonly #started = performance.now();
  readonly #abort = new AbortController();
  readonly #unlisten: () => void;
  #firstTokenSeconds: number | null = null;
  #ended = false;

  constructor(request: Request, observer: Observer) {
    this.#method = request.method;
    this.#observer = observer;
    const { signal } = request;
    const abort = (): void => this.abort();
    // Taken off at the end: undici keeps a request's signal until the request is collected, and what listens to the
    // signal knows the request, so that neither ever would be.
    this.#unlisten = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) this.abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  /** Aborted when the client has gone, and only then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The client has gone: the model is to stop. */
  abort(): void {
    if (this.#ended) return;
    this.#abort.abort();
    if (this.streaming) this.end(200);
  }

  /** Counts an event. */
  saw(event: GenerationEvent): void {
    this.meter.take(event);
    if (event.type === 'delta' && this.#firstTokenSeconds === null) this.#firstTokenSeconds = this.#seconds();
  }

  /** Keeps an unforeseen error for the log. */
  readonly report = (error: unknown): void => {
    if (!this.signal.aborted) this.#observer.error(this.id, error);
  };

  /** The response is complete, or nobody waits for it any more. Later calls do nothing. */
  end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten();
    const aborted = this.signal.aborted;
    const { usage } = this.meter;
    this.admission?.settle(usage.total_tokens);
    this.#observer.request({
      id: this.id,
      method: this.#method,
      route: this.route,
      status: aborted && !this.streaming ? CLIENT_GONE : status,
      seconds: this.#seconds(),
      key: this.admission?.key ?? null,
      model: this.model,
      aborted,
      ...(this.model === null
        ? {}
        : {
            promptTokens: usage.prompt_tokens,
            completionTokens: usage.completion_tokens,
            reasoningTokens: usage.completion_tokens_details.reasoning_tokens,
          }),
      ...(this.#firstTokenSeconds === null ? {} : { firstTokenSeconds: this.#firstTokenSeconds }),
    });
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
