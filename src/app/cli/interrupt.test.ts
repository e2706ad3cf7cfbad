import { describe, expect, it } from 'vitest';
import { EXIT_INTERRUPTED, Interrupted, listenForInterrupt } from './interrupt.ts';

describe('listenForInterrupt', () => {
  it('aborts at the first interrupt and leaves the second to the operating system', () => {
    const before = process.listenerCount('SIGTERM');
    using listener = listenForInterrupt(() => 'Go on with: aha run x --resume');
    expect(listener.signal.aborted).toBe(false);
    process.emit('SIGINT');
    expect(listener.signal.reason).toBeInstanceOf(Interrupted);
    expect(String(listener.signal.reason)).toContain('aha run x --resume');
    expect((listener.signal.reason as Interrupted).exitCode).toBe(EXIT_INTERRUPTED);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('listens no longer once disposed', () => {
    const before = process.listenerCount('SIGINT');
    listenForInterrupt(() => '')[Symbol.dispose]();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
