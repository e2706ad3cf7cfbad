import { describe, expect, it } from 'vitest';
import { exceptionFailure, failure } from './outcome.ts';

describe('failures', () => {
  it.each([
    ['MemoryError', '', 'memory'],
    ['InternalError', 'out of memory', 'memory'],
    ['InternalError', 'stack overflow', 'error'],
    ['AssertionError', '1 is not 2', 'wrong'],
    ['ValueError', 'x', 'error'],
  ])('%s %j is %s', (type, message, verdict) => {
    expect(exceptionFailure(type, message).verdict).toBe(verdict);
  });

  it('have one short line as their message', () => {
    expect(exceptionFailure('ValueError', 'a\n  b', 3).message).toBe('line 3: ValueError: a b');
    expect(failure('error', 'x'.repeat(1e6)).message).toHaveLength(300);
  });
});
