import { expect, it } from 'vitest';
import { yieldToEventLoop } from './yield-to-event-loop.ts';

it('lets a loop hear in the same step an interrupt that came while the event loop was blocked', async () => {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('stop'));
  process.once('SIGINT', stop);
  const saved: number[] = [];
  const loop = async () => {
    for (let step = 1; ; step++) {
      if (step === 2) process.kill(process.pid, 'SIGINT');
      // Long enough for the signal to arrive.
      const until = performance.now() + 100;
      while (performance.now() < until);
      await yieldToEventLoop();
      if (controller.signal.aborted) saved.push(step);
      controller.signal.throwIfAborted();
    }
  };
  try {
    await expect(loop()).rejects.toThrow('stop');
  } finally {
    process.off('SIGINT', stop);
  }
  expect(saved).toEqual([2]);
});
