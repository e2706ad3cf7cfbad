/**
 * @file Error of a request to an endpoint: its kind, which decides whether it is asked again, and what to do about it.
 */
import { UserError } from '../errors.ts';
import type { Setting } from './refused-settings.ts';

/** Why a request failed. */
export type FailureKind =
  /** The endpoint said no: asking again would be the same. */
  | 'refused'
  /** Busy or broken for now (429, 5xx): asked again after a while. */
  | 'busy'
  /** No connection was made: asked again, but not for long where the endpoint has never answered. */
  | 'unreachable'
  /** Sent, but no whole reply arrived: connection broken, time-out, torn body. It may have been paid for. */
  | 'lost';

/** A request to an endpoint failed for good, or attempts ran out. */
export class EndpointError extends UserError {
  override readonly name = 'EndpointError';
  readonly kind: FailureKind;
  /** HTTP status, or null where none arrived. */
  readonly status: number | null;
  /** How long the endpoint asks to wait, in milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** Settings of the request that the endpoint does not take, such as `seed`. */
  readonly settings: readonly Setting[];
  /** The endpoint's content filter held the prompt or its reply back. */
  readonly filtered: boolean;

  constructor(what: string, remedy: string, facts: FailureFacts) {
    super(what, remedy, { cause: facts.cause });
    this.kind = facts.kind;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.settings = facts.settings ?? [];
    this.filtered = facts.filtered ?? false;
  }
}

/** What is known of a failure beside its words. */
export interface FailureFacts {
  readonly kind: FailureKind;
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
  readonly settings?: readonly Setting[];
  readonly filtered?: boolean;
  readonly cause?: unknown;
}

/** What to do about a status; `model` and `keyEnv` are put into the advice. */
export function remedyFor(status: number, model: string, keyEnv: string | undefined): string {
  const key =
    keyEnv === undefined
      ? 'Name the variable that holds the key (--api-key-env).'
      : `Check the key in ${keyEnv}.`;
  const remedies: { readonly [status: number]: string } = {
    401: key,
    402: 'The account has no balance left: top it up.',
    403: `This key may not use the model "${model}". ${key}`,
    404: `Check the model's name ("${model}") and the address, which usually ends in /v1.`,
    413: 'The prompt is too large for this endpoint.',
    422: 'The endpoint does not take one of the settings: change or leave out what it names.',
    429: 'Ask for less at a time (--concurrency), or wait.',
  };
  if (status >= 500) return 'The endpoint is out of order: try again later.';
  return remedies[status] ?? 'Change what the endpoint names: prompt, length or another setting.';
}

/** Which kind of failure a status is. */
export function kindOf(status: number): FailureKind {
  return status === 408 || status === 409 || status === 425 || status === 429 || status >= 500
    ? 'busy'
    : 'refused';
}
