import { describe, expect, it } from 'vitest';
import { RunEta } from './run-eta.ts';

const plan = [
  { name: 'a', seconds: 10 },
  { name: 'b', seconds: 100 },
  { name: 'c', seconds: 50 },
];

describe('RunEta', () => {
  it('adds the estimates of the stages to come, corrected by those that ended', () => {
    const eta = new RunEta();
    eta.start('a', plan);
    expect(eta.place).toEqual({ index: 1, of: 3 });
    expect(eta.secondsLeft(4)).toEqual({ seconds: 154, atLeast: false });
    eta.end(20);
    eta.start('b', plan);
    expect(eta.secondsLeft(30)).toEqual({ seconds: 30 + 2 * 50, atLeast: false });
    eta.end(90);
    eta.start('c', plan);
    expect(eta.secondsLeft(30)).toBeNull();
  });

  it('says when a stage to come is not in it, and takes what a later plan knows', () => {
    const eta = new RunEta();
    eta.start('a', [plan[0]!, { name: 'b' }, plan[2]!]);
    expect(eta.secondsLeft(4)).toEqual({ seconds: 54, atLeast: true });
    eta.end(10);
    eta.start('b', plan);
    expect(eta.secondsLeft(4)).toEqual({ seconds: 54, atLeast: false });
  });

  it('has nothing to say of a stage that is not planned', () => {
    const eta = new RunEta();
    eta.start('z', plan);
    eta.end(3);
    expect(eta.place).toBeNull();
    expect(eta.secondsLeft(4)).toBeNull();
  });
});
