/**
 * @file Failures of one attempt in words: what the endpoint said, fit to be shown, and what kind of failure that is.
 *
 * Messages never hold the API key, even where the endpoint repeats it.
 */
import { isJsonObject } from '../records.ts';
import { printable } from '../text/index.ts';
import { EndpointError, kindOf, remedyFor } from './endpoint-error.ts';
import { isFiltered, messageIn, parsedBody, statusIn } from './error-message.ts';
import { refusedSettings } from './refused-settings.ts';
import { retryAfter } from './retry.ts';

/** Who is asked, as far as messages name it. */
export interface Asked {
  /** Address of the endpoint, for messages and as the beginning of paths; no slash at the end. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Name of the variable the key came from, for messages. */
  readonly keyEnv: string | undefined;
}

/** Longest message of an endpoint that is shown, in characters. */
const LONGEST_MESSAGE = 500;

const CHECK_THE_WAY = 'Check that the endpoint is up and can be reached from here.';
const CHECK_TLS =
  'Begin the address with http:// if the endpoint has no TLS; name its own authority in NODE_EXTRA_CA_CERTS.';
const CHECK_THE_ADDRESS = 'Give the address of an OpenAI-compatible API; it usually ends in /v1.';

/** The request was sent, and no whole reply arrived. */
export function lost(to: Asked, why: string, cause: unknown = null): EndpointError {
  return new EndpointError(`${to.baseUrl}: ${shown(to, why)}`, CHECK_THE_WAY, { kind: 'lost', cause });
}

/** No connection was made. */
export function unreachable(to: Asked, why: string, cause: unknown): EndpointError {
  return new EndpointError(`${to.baseUrl}: ${shown(to, why)}`, CHECK_THE_WAY, { kind: 'unreachable', cause });
}

/** No encrypted connection was made: what is there speaks plain HTTP, or its certificate is not trusted. */
function unencrypted(to: Asked, code: string, cause: unknown): EndpointError {
  return new EndpointError(`${to.baseUrl}: no TLS connection (${code})`, CHECK_TLS, {
    kind: 'unreachable',
    cause,
  });
}

/** Error codes of connections that were never made. */
const UNCONNECTED: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Codes of a handshake that failed, before anything was sent: of OpenSSL, of Node and of certificates
 * (https://nodejs.org/api/tls.html#x509-certificate-error-codes).
 */
function isTls(code = ''): boolean {
  return /^(?:EPROTO$|ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$|INVALID_CA$)/.test(
    code,
  );
}

/** A connection was not made, or broke. @param code - of the error that says so, where it has one */
export function connectionFailed(
  to: Asked,
  code: string | undefined,
  why: string,
  cause: unknown,
): EndpointError {
  if (isTls(code)) return unencrypted(to, code!, cause);
  return UNCONNECTED.has(code) ? unreachable(to, why, cause) : lost(to, why, cause);
}

/** A reply was given up because of its length. */
export function tooLong(to: Asked, bytes: number): EndpointError {
  return new EndpointError(`${to.baseUrl}: a reply of more than ${bytes} bytes`, 'Ask for shorter replies.', {
    kind: 'refused',
  });
}

/** What answered speaks another language. */
export function notAnEndpoint(to: Asked, what: string, status: number | null = null): EndpointError {
  return new EndpointError(`${to.baseUrl}: ${shown(to, what)}`, CHECK_THE_ADDRESS, {
    kind: 'refused',
    status,
  });
}

/** A status other than 2xx, with its body. */
export function refusal(to: Asked, status: number, headers: Headers, text: string): EndpointError {
  const body = parsedBody(text);
  return new EndpointError(
    `${to.baseUrl}: status ${status}: ${shown(to, messageIn(body) ?? '(no message)')}`,
    remedyFor(status, to.model, to.keyEnv),
    {
      kind: kindOf(status),
      status,
      retryAfterMs: retryAfter(headers.get('retry-after'), new Date()),
      settings: refusedSettings(body),
      filtered: isFiltered(body),
    },
  );
}

/**
 * An error told in the place of a reply, or in the middle of one: the status says 200, the body may name another.
 * @param begun - whether part of the reply had come, which may have to be paid for
 */
export function toldError(to: Asked, body: unknown, begun: boolean): EndpointError {
  const status = statusIn(body) ?? (isInvalid(body) ? 400 : null);
  const kind = status === null ? 'lost' : kindOf(status);
  const message = shown(to, messageIn(body) ?? 'an error without a message');
  return new EndpointError(
    `${to.baseUrl}: ${status === null ? 'error' : `error ${status}`}: ${message}`,
    status === null ? 'Try again later.' : remedyFor(status, to.model, to.keyEnv),
    {
      kind: begun && kind === 'busy' ? 'lost' : kind,
      status,
      settings: refusedSettings(body),
      filtered: isFiltered(body),
    },
  );
}

function isInvalid(body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  return body.type === 'invalid_request_error' || isInvalid(body.error);
}

/** What an endpoint wrote made fit to be shown: short, no control characters, no key. */
export function shown({ apiKey }: Asked, text: string, length = LONGEST_MESSAGE): string {
  const safe = apiKey === undefined ? text : text.replaceAll(apiKey, '…');
  const line = printable(safe).replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}
