import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StepClock } from './step-clock.ts';

describe('StepClock', () => {
  it('adds up the time of each phase, also of one that fails', async () => {
    const clock = new StepClock(['rollout', 'reward', 'update']);
    expect(await clock.time('rollout', () => setTimeout(30, 'drawn'))).toBe('drawn');
    await clock.time('rollout', () => setTimeout(30));
    const failing = clock.time('reward', async () => {
      await setTimeout(20);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await setTimeout(20);
    // Timers may fire a millisecond early.
    const { rollout, reward, update, total } = clock.seconds;
    expect(rollout).toBeGreaterThan(0.055);
    expect(reward).toBeGreaterThan(0.018);
    expect(update).toBe(0);
    expect(total).toBeGreaterThan(rollout + reward + 0.018);
  });
});
