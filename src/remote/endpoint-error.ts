/**
 * @file Errors of an endpoint, in words: the endpoint's own message, what it means, and what to do.
 *
 * Messages never hold the API key, even where the endpoint repeats it.
 */
import { UserError } from '../errors.ts';

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

  constructor(
    what: string,
    remedy: string,
    facts: { kind: FailureKind; status?: number; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(what, remedy, { cause: facts.cause });
    this.kind = facts.kind;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
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

/** The endpoint's message out of an error body, whatever its shape; null where there is none. */
export function messageIn(body: unknown): string | null {
  if (typeof body === 'string') return body.trim() === '' ? null : body.trim();
  if (typeof body !== 'object' || body === null) return null;
  const { error, message, detail } = body as { error?: unknown; message?: unknown; detail?: unknown };
  return messageIn(error) ?? messageIn(message) ?? messageIn(detail);
}
