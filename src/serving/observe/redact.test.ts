import { describe, expect, it } from 'vitest';
import { describeError, redact } from './redact.ts';

/** What a run throws. */
function thrown(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('redact', () => {
  it.each([
    ['key sk-aha-abcdefghijkl wrong', 'key [key] wrong'],
    ['sent "Authorization: Bearer abc.def" to it', 'sent "Authorization: Bearer [key]" to it'],
    ['basic dXNlcjpwYXNz', 'basic [key]'],
    ['a task-force of risk-averse people', 'a task-force of risk-averse people'],
  ])('%s', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it('cuts what is long', () => {
    expect(redact('x'.repeat(10_000))).toHaveLength(501);
    expect(redact('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(20)}…`);
  });
});

describe('describeError', () => {
  it('keeps kind, message, frames and code', () => {
    const error = Object.assign(new TypeError('no such thing'), { code: 'ENOENT' });
    const described = describeError(error);
    expect(described).toMatchObject({ type: 'TypeError', message: 'no such thing', code: 'ENOENT' });
    expect(described.stack).toMatch(/^\s+at .*redact\.test/);
    expect(described.stack).not.toContain('no such thing');
  });

  it('keeps nothing of what a parser was given', () => {
    for (const text of ['my secret prompt', '{"prompt": my secret}', '"my secret', '{"a":1} my secret']) {
      const described = describeError(thrown(() => JSON.parse(text)));
      expect(described.type).toBe('SyntaxError');
      expect(JSON.stringify(described)).not.toContain('secret');
    }
  });

  it('reads no field that hangs on an error, and takes keys out of messages and causes', () => {
    const cause = new Error('refused sk-aha-0123456789abcdef');
    const error = Object.assign(new Error('failed', { cause }), {
      request: { body: 'my secret prompt' },
      headers: { authorization: 'Bearer 0123456789' },
    });
    const text = JSON.stringify(describeError(error));
    expect(text).not.toMatch(/secret|0123456789/);
    expect(describeError(error).cause?.message).toBe('refused [key]');
  });

  it('ends at causes that go in a circle, and says nothing of what is no Error', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).match(/"message":"round"/g)).toHaveLength(4);
    expect(describeError('my secret prompt')).toEqual({ type: 'string', message: 'not an Error' });
  });
});
