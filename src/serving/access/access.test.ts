import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../http/errors.ts';
import { createAccess, FAILURES_PER_MINUTE } from './access.ts';
import { hashKey, type KeyEntry } from './key.ts';
import { type KeyLimits, NO_LIMITS } from './limiter.ts';

let now: number;
let date: number;
beforeEach(() => {
  now = 0;
  date = 1_000_000;
});

function entry(name: string, limits: Partial<KeyLimits> = {}, expires: number | null = null): KeyEntry {
  return { name, hash: hashKey(`key-of-${name}`), expires, limits: { ...NO_LIMITS, ...limits } };
}

function access(keys: () => readonly KeyEntry[]) {
  return createAccess({ keys, now: () => now, date: () => date });
}

/** The error of a request. */
function refusal(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was let in');
}

describe('access without keys', () => {
  it('lets everyone in, whatever key a client sends', () => {
    const open = createAccess({ keys: null });
    expect(open.required).toBe(false);
    expect(open.admit(undefined).key).toBe('anonymous');
    expect(open.admit('Bearer none').key).toBe('anonymous');
    open.admit(undefined).settle(100);
  });
});

describe('access by key', () => {
  const keys = [entry('one'), entry('two')];

  it('knows a key by its name, however the scheme is written', () => {
    const guarded = access(() => keys);
    expect(guarded.required).toBe(true);
    expect(guarded.admit('Bearer key-of-one').key).toBe('one');
    expect(guarded.admit('bearer  key-of-two ').key).toBe('two');
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'key-of-one',
    'Basic key-of-one',
    'Bearer key-of-one key-of-two',
    'Bearer KEY-OF-ONE',
    'Bearer key-of-on',
    `Bearer ${hashKey('key-of-one').toString('hex')}`,
    'Bearer schlüssel',
  ])('refuses %j with 401 and does not repeat it', (authorization) => {
    const error = refusal(() => access(() => keys).admit(authorization));
    expect(error.status).toBe(401);
    expect(error.headers['www-authenticate']).toBe('Bearer');
    expect(error.body().error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
    expect(error.message).not.toMatch(/key-of|KEY-OF|schlüssel/);
  });

  it('does not even hash what is longer than any key', () => {
    const long = 'x'.repeat(2000);
    const guarded = access(() => [{ ...entry('one'), hash: hashKey(long) }]);
    expect(refusal(() => guarded.admit(`Bearer ${long}`)).status).toBe(401);
  });

  it('refuses a key from the time it expires', () => {
    const expiring = [entry('one', {}, date + 1000)];
    const guarded = access(() => expiring);
    expect(guarded.admit('Bearer key-of-one').key).toBe('one');
    date += 1000;
    const error = refusal(() => guarded.admit('Bearer key-of-one'));
    expect([error.status, error.message]).toEqual([401, 'The API key has expired.']);
  });

  it('refuses a key that was taken away and takes one that was added', () => {
    let current = keys;
    const guarded = access(() => current);
    guarded.admit('Bearer key-of-one');
    current = [entry('three')];
    expect(refusal(() => guarded.admit('Bearer key-of-one')).status).toBe(401);
    expect(guarded.admit('Bearer key-of-three').key).toBe('three');
  });
});

describe('limits of a key', () => {
  it('are 429 with the limit and whole seconds to wait, and are each key’s own', () => {
    const limited = [entry('one', { requestsPerMinute: 2 }), entry('two')];
    const guarded = access(() => limited);
    guarded.admit('Bearer key-of-one');
    guarded.admit('Bearer key-of-one');
    now = 500;
    const error = refusal(() => guarded.admit('Bearer key-of-one'));
    expect(error.status).toBe(429);
    expect(error.headers['retry-after']).toBe('30');
    expect(error.body().error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(error.message).toContain('2 requests per minute');
    expect(guarded.admit('Bearer key-of-two').key).toBe('two');
    now = 30_000;
    expect(guarded.admit('Bearer key-of-one').key).toBe('one');
  });

  it('settle each request once', () => {
    const limited = [entry('one', { concurrent: 1, tokensPerMinute: 60 })];
    const guarded = access(() => limited);
    const admission = guarded.admit('Bearer key-of-one');
    expect(refusal(() => guarded.admit('Bearer key-of-one')).headers['retry-after']).toBe('1');
    admission.settle(90);
    admission.settle(90);
    expect(refusal(() => guarded.admit('Bearer key-of-one')).headers['retry-after']).toBe('31');
  });

  it('outlive a reload, and a new key under an old name starts afresh', () => {
    let current = [entry('one', { tokensPerMinute: 60 })];
    const guarded = access(() => current);
    guarded.admit('Bearer key-of-one').settle(1000);
    current = [entry('one', { tokensPerMinute: 60 })];
    expect(refusal(() => guarded.admit('Bearer key-of-one')).status).toBe(429);
    current = [{ ...current[0]!, hash: hashKey('another') }];
    expect(guarded.admit('Bearer another').key).toBe('one');
  });
});

describe('a flood of wrong keys', () => {
  it('is told to wait, and right keys do not', () => {
    const one = [entry('one')];
    const guarded = access(() => one);
    const statuses = Array.from(
      { length: FAILURES_PER_MINUTE + 50 },
      (_, i) => refusal(() => guarded.admit(`Bearer wrong-${i}`)).status,
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(FAILURES_PER_MINUTE);
    const error = refusal(() => guarded.admit(undefined));
    expect([error.status, error.headers['retry-after']]).toEqual([429, '1']);
    expect(guarded.admit('Bearer key-of-one').key).toBe('one');
    now = 60_000;
    expect(refusal(() => guarded.admit(undefined)).status).toBe(401);
  });
});
