import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { clock } from './clock.ts';

const solve = (text: string, ask: string) => clock.solve({ text, answer: '', meta: { ask } });

describe('clock', () => {
  it('runs over midnight, both ways', () => {
    const spans = 'A stop takes 3 hours and 35 minutes. Lunch takes 0 hours and 50 minutes.';
    expect(solve(`A journey begins at 21:40. ${spans}`, 'end')).toEqual(['02:05']);
    expect(solve(`A journey ended at 02:05. ${spans}`, 'start')).toEqual(['21:40']);
  });

  it('knows the hands: 90° at three, 7.5° at 12:45 less 5 minutes and so on', () => {
    expect(solve('It is 14:00. A stop takes 1 hour and 0 minutes.', 'angle')).toEqual(['90']);
    expect(solve('It is 00:00. A stop takes 12 hours and 30 minutes.', 'angle')).toEqual(['165']);
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 150; i++) {
      const problem = clock.generate(Random.derive(i, 'clock'), 1 + (i % clock.levels));
      expect(clock.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads 12-hour times too', () => {
    const problem = { text: '', answer: '21:05', meta: { ask: 'end' } };
    for (const right of ['21:05', '9:05 pm', '09:05 P.M.', '21:05:00', '21.05'])
      expect(clock.score(right, problem)).toBe(1);
    for (const wrong of ['9:05', '9:05 am', '21:5', '21:05 pm', '2105'])
      expect(clock.score(wrong, problem)).toBe(0);
    expect(clock.score('12:30 am', { ...problem, answer: '00:30' })).toBe(1);
  });
});
