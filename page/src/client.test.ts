import { describe, expect, it } from 'vitest';
import { ServerError } from './client.ts';

describe('ServerError', () => {
  it.each([null, 408, 425, 429, 500, 502, 503, 504])('may pass: %s', (status) => {
    expect(new ServerError('x', status).passing).toBe(true);
  });

  it.each([400, 401, 403, 404, 405, 409, 413, 415, 422])(
    'stays as long as the request does: %s',
    (status) => {
      expect(new ServerError('x', status).passing).toBe(false);
    },
  );

  it('is what a stream says where there is no status', () => {
    expect(new ServerError('x', null, null, false).passing).toBe(false);
  });
});
