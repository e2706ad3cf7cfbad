import { describe, expect, it } from 'vitest';
import { EXIT_INTERRUPTED, Interrupted, lastWords, listenForInterrupt } from './interrupt.ts';

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

  it('leaves a guard below the event loop on after an interrupt, and gives it up where there was none', () => {
    const calls: string[] = [];
    const guard = {
      again: () => void calls.push(`again, ${process.listenerCount('SIGINT')} listen`),
      [Symbol.dispose]: () => void calls.push('disposed'),
    };
    const before = process.listenerCount('SIGINT');
    const open = () =>
      listenForInterrupt(
        () => '',
        () => guard,
      );
    open()[Symbol.dispose]();
    expect(calls).toEqual(['disposed']);
    const interrupted = open();
    process.emit('SIGINT');
    interrupted[Symbol.dispose]();
    expect(calls).toEqual(['disposed', `again, ${before} listen`]);
  });

  it('says at the end how to go on, as errors are said', () => {
    expect(lastWords('Go on.', false)).toBe('\naha: interrupted twice; ended at once\n  Go on.\n');
    expect(JSON.parse(lastWords('Go on.', true))).toEqual({
      error: { message: 'interrupted twice; ended at once\n  Go on.' },
    });
  });
});
