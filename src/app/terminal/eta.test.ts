import { describe, expect, it } from 'vitest';
import { Eta } from './eta.ts';

describe('Eta', () => {
  it('knows nothing before the first step', () => {
    expect(new Eta(0, 100).secondsLeft(10)).toBeNull();
  });

  it('averages the steps so far', () => {
    const eta = new Eta(0, 100);
    eta.mark(1, 102);
    eta.mark(2, 106);
    // 3 s a step, 8 to go.
    expect(eta.secondsLeft(10)).toBe(24);
    expect(eta.secondsLeft(2)).toBe(0);
    expect(eta.secondsLeft(1)).toBe(0);
  });

  it('forgets what is longer ago than 20 steps', () => {
    const eta = new Eta(0, 0);
    eta.mark(1, 1000);
    for (let step = 2; step <= 21; step++) eta.mark(step, 1000 + (step - 1) * 2);
    expect(eta.secondsLeft(31)).toBe(20);
  });

  it('counts only this sitting of a resumed stage', () => {
    const eta = new Eta(40, 0);
    eta.mark(41, 2);
    expect(eta.secondsLeft(90)).toBe(98);
  });
});
