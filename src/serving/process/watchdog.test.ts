import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from './watchdog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const silence = vi.fn<() => void>();
  const watchdog = new Watchdog(1000, silence);
  watchdog.start();
  return { watchdog, silence };
}

describe('Watchdog', () => {
  it('tells once of a silence as long as the limit', () => {
    const { silence } = watched();
    vi.advanceTimersByTime(999);
    expect(silence).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5000);
    expect(silence).toHaveBeenCalledOnce();
  });

  it('begins to count anew at each sign of life', () => {
    const { watchdog, silence } = watched();
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(900);
      watchdog.heard();
    }
    expect(silence).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(silence).toHaveBeenCalledOnce();
  });

  it('takes its own standstill for no silence of the other', () => {
    const { silence } = watched();
    // The clock goes on by a day, and no timer was served meanwhile.
    vi.setSystemTime(Date.now() + 86_400_000);
    vi.advanceTimersByTime(100);
    expect(silence).not.toHaveBeenCalled();
  });

  it('does not tell once it is stopped', () => {
    const { watchdog, silence } = watched();
    watchdog.stop();
    vi.advanceTimersByTime(5000);
    expect(silence).not.toHaveBeenCalled();
  });
});
