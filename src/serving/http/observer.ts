/** @file Observer of the HTTP side: the events that logs and metrics receive. src/serving/observe implements it. */
import type { Backend } from '../backend.ts';

/** One HTTP request, when its response is complete or was broken off. */
export interface RequestEntry {
  /** The same as in the header `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** The route's pattern, `unknown` where none matched: a bounded set, fit for a label. */
  readonly route: string;
  /** 499 where the client went before the status was sent. */
  readonly status: number;
  readonly seconds: number;
  /** Name of the key, null where none was asked for. */
  readonly key: string | null;
  readonly model: string | null;
  readonly aborted: boolean;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly reasoningTokens?: number;
  /** From the request's arrival to the first piece of text. */
  readonly firstTokenSeconds?: number;
}

/** Logs and metrics. */
export interface Observer {
  /** Called once per HTTP request. */
  request(entry: RequestEntry): void;
  /** An error nobody foresaw: full detail belongs in the log, none of it goes to the client. */
  error(id: string, error: unknown): void;
  /** The body of `/metrics`. */
  metrics(backend: Backend): Promise<{ contentType: string; body: string }>;
}
