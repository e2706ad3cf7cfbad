import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { calendar } from './calendar.ts';

const date = { ask: 'date', from: '2024-02-28', days: 2, to: '2024-03-01', weekday: 'Wednesday' };

describe('calendar', () => {
  it('knows leap years: 2024 and 2000 are, 2023 and 1900 are not', () => {
    const after = (from: string) => calendar.solve({ text: '', answer: '', meta: { ...date, from } });
    expect(after('2024-02-28')).toEqual(['2024-03-01']);
    expect(after('2023-02-28')).toEqual(['2023-03-02']);
    expect(after('2000-02-28')).toEqual(['2000-03-01']);
    expect(after('1900-02-28')).toEqual(['1900-03-02']);
    expect(calendar.solve({ text: '', answer: '', meta: { ...date, ask: 'weekday' } })).toEqual(['Friday']);
  });

  it('steps back over the new year', () => {
    expect(calendar.solve({ text: '', answer: '', meta: { ...date, from: '2021-01-01', days: -1 } })).toEqual(
      ['2020-12-31'],
    );
  });

  it('agrees with the arithmetic of Date over 800 years', () => {
    for (let i = 0; i < 15; i++) {
      const problem = calendar.generate(Random.derive(i, 'calendar'), 5);
      expect(calendar.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads dates with or without zeros, days of any case, counts with their unit', () => {
    const problem = (ask: string, answer: string) => ({ text: '', answer, meta: { ask } });
    expect(calendar.score('2024-3-1', problem('date', '2024-03-01'))).toBe(1);
    expect(calendar.score('2024-1-3', problem('date', '2024-03-01'))).toBe(0);
    expect(calendar.score('friday.', problem('weekday', 'Friday'))).toBe(1);
    expect(calendar.score('12 days', problem('days', '12'))).toBe(1);
  });
});
