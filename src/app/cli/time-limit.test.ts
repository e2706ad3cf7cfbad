import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT_TIME_LIMIT, TimeLimitReached, timeLimit } from './time-limit.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('timeLimit', () => {
  it('counts from the start of the process, and says how to go on', () => {
    vi.advanceTimersByTime(30_000);
    using limit = timeLimit(2, () => 'Go on with: aha run x --resume');
    vi.advanceTimersByTime(89_000);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(limit.signal.reason).toBeInstanceOf(TimeLimitReached);
    expect((limit.signal.reason as TimeLimitReached).exitCode).toBe(EXIT_TIME_LIMIT);
    expect(String(limit.signal.reason)).toContain('after 2 minutes');
    expect(String(limit.signal.reason)).toContain('aha run x --resume');
  });

  it.each([undefined, 1e9])('%s minutes never stop it', (minutes) => {
    using limit = timeLimit(minutes, () => '');
    vi.advanceTimersByTime(1e8);
    expect(limit.signal.aborted).toBe(false);
  });

  it('ends with the command', () => {
    const limit = timeLimit(1, () => '');
    limit[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);
    expect(limit.signal.aborted).toBe(false);
  });
});
