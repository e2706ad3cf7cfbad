import { describe, expect, it } from 'vitest';
import { EXIT_INTERRUPTED, Interrupted, listenForInterrupt } from './interrupt.ts';

describe('listenForInterrupt', () => {
  it('aborts at the first interrupt and exits at the second', () => {
    const exits: number[] = [];
    using listener = listenForInterrupt(
      () => 'Go on with: aha run x --resume',
      (code) => exits.push(code),
    );
    expect(listener.signal.aborted).toBe(false);
    process.emit('SIGINT');
    expect(listener.signal.reason).toBeInstanceOf(Interrupted);
    expect(String(listener.signal.reason)).toContain('aha run x --resume');
    expect(exits).toEqual([]);
    process.emit('SIGTERM');
    expect(exits).toEqual([EXIT_INTERRUPTED]);
  });

  it('listens no longer once disposed', () => {
    const before = process.listenerCount('SIGINT');
    listenForInterrupt(() => '')[Symbol.dispose]();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
