/** @file Errors in the form of Anthropic's API. */
import type { ApiError, ErrorStatus } from '../errors.ts';

const TYPES: { readonly [status in ErrorStatus]: string } = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'timeout_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
};

/** What is sent. @param requestId - as in the header of that name */
export function messageErrorBody(error: ApiError, requestId: string) {
  // Anthropic's words, by which clients know this failure.
  const told = error.code === 'context_length_exceeded' ? 'prompt is too long: ' : '';
  return {
    type: 'error',
    error: { type: TYPES[error.status], message: told + error.message },
    request_id: requestId,
  };
}
