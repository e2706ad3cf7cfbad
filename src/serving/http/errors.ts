/** @file Errors of the HTTP interface, in the body OpenAI's and DeepSeek's clients read: `{"error":{…}}`. */
import { GenerationError, type GenerationFailure } from '../backend.ts';

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 422 | 429 | 500 | 503;

export interface ApiErrorDetails {
  /** Class of the error; the status decides where it is left out. */
  readonly type?: string;
  readonly code?: string;
  /** The field of the body that is wrong, such as `messages[1].content`. */
  readonly param?: string | null;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number | null;
  readonly headers?: { readonly [name: string]: string };
}

const TYPES: { readonly [status in ErrorStatus]: string } = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  405: 'invalid_request_error',
  408: 'timeout_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'service_unavailable_error',
};

/** An error that a client is shown: a message without paths, stacks or keys. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: ErrorStatus;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  readonly headers: { readonly [name: string]: string };

  constructor(status: ErrorStatus, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.status = status;
    this.type = details.type ?? TYPES[status];
    this.code = details.code ?? this.type;
    this.param = details.param ?? null;
    const wait = details.retryAfter ?? null;
    this.headers = {
      ...details.headers,
      ...(wait === null ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }),
    };
  }

  /** What is sent. */
  body(): ErrorBody {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

const FAILURES: { readonly [kind in GenerationFailure]: readonly [status: ErrorStatus, code?: string] } = {
  unknown_model: [404, 'model_not_found'],
  context_length: [400, 'context_length_exceeded'],
  invalid: [400],
  queue_full: [429, 'queue_full'],
  unavailable: [503, 'unavailable'],
  interrupted: [503, 'interrupted'],
  stalled: [408, 'stalled'],
  internal: [500, 'internal_error'],
};

/** Seconds a client is told to wait where the backend named none. */
const DEFAULT_RETRY: { readonly [kind in GenerationFailure]?: number } = {
  queue_full: 1,
  unavailable: 5,
  interrupted: 1,
};

/**
 * The error to show for anything thrown.
 * @param report - called with what is not meant for a client's eyes
 */
export function toApiError(error: unknown, report: (error: unknown) => void): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof GenerationError) {
    const [status, code] = FAILURES[error.kind];
    if (error.kind === 'internal') report(error);
    return new ApiError(status, error.message, {
      ...(code === undefined ? {} : { code }),
      retryAfter: error.retryAfter ?? DEFAULT_RETRY[error.kind] ?? null,
    });
  }
  report(error);
  return new ApiError(500, 'The server failed to answer; the log has the details under this request’s id.', {
    code: 'internal_error',
  });
}
