import { expect, it } from 'vitest';
import { breathe } from './breathe.ts';

it('lets a loop that saves when it is told to stop save what came before the interrupt', async () => {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('stop'));
  process.once('SIGINT', stop);
  const saved: number[] = [];
  const loop = async () => {
    for (let step = 1; ; step++) {
      // As in a stage: the interrupt comes while the event loop is blocked.
      if (step === 2) process.kill(process.pid, 'SIGINT');
      const until = performance.now() + 20;
      while (performance.now() < until);
      if (controller.signal.aborted) saved.push(step);
      await breathe(controller.signal);
    }
  };
  try {
    await expect(loop()).rejects.toThrow('stop');
  } finally {
    process.off('SIGINT', stop);
  }
  expect(saved).toHaveLength(1);
  expect(saved[0]).toBeGreaterThanOrEqual(2);
});
