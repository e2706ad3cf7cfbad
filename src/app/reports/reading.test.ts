import { expect, it } from 'vitest';
import type { Comparison } from '../../evaluation/statistics/index.ts';
import { readingOf } from './reading.ts';

const stage = (name: string, label?: string) => ({ stage: 'evaluate', name, config: { label } });
const stages = [stage('base', 'Base'), stage('forbidden'), stage('zero', 'R1-Zero')];
const reading = [
  'Rows are checkpoints.',
  { better: 'zero', worse: 'forbidden', text: 'The word is needed.', otherwise: 'The word is not needed.' },
  { better: 'forbidden', worse: 'base', text: 'Better without it too.' },
];

function compared(from: string, to: string, low: number, high: number): Comparison {
  const passAt1 = { difference: (low + high) / 2, interval: [low, high] as const, pValue: 0.5, problems: 9 };
  return { from, to, greedy: null, passAt1 };
}
const read = (...comparisons: Comparison[]) => readingOf({ reading, stages }, { comparisons });

it('claims that an evaluation is better only where the interval of the difference says so', () => {
  expect(read(compared('forbidden', 'R1-Zero', 0.1, 0.3), compared('Base', 'forbidden', 0.1, 0.2))).toBe(
    'Rows are checkpoints.\nThe word is needed.\nBetter without it too.',
  );
  expect(read(compared('forbidden', 'R1-Zero', -0.1, 0.3), compared('Base', 'forbidden', -0.2, -0.1))).toBe(
    'Rows are checkpoints.\nThe word is not needed.',
  );
});

it('reads comparisons the other way round too', () => {
  expect(read(compared('R1-Zero', 'forbidden', -0.3, -0.1))).toBe(
    'Rows are checkpoints.\nThe word is needed.',
  );
  expect(read(compared('R1-Zero', 'forbidden', -0.3, 0.1))).toBe(
    'Rows are checkpoints.\nThe word is not needed.',
  );
});

it('leaves out what was not compared', () => {
  expect(read()).toBe('Rows are checkpoints.');
  expect(readingOf({ reading: reading.slice(1), stages }, { comparisons: [] })).toBeNull();
  expect(readingOf({ stages }, { comparisons: [] })).toBeNull();
  expect(readingOf({ reading: ' As it is. ', stages }, { comparisons: [] })).toBe('As it is.');
});
