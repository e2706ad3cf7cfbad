import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { cellularAutomaton } from './cellular-automaton.ts';

describe('cellular-automaton', () => {
  it('runs rule 90, each cell the XOR of its neighbours, round the ring', () => {
    const rule =
      '111 gives 0, 110 gives 1, 101 gives 0, 100 gives 1, 011 gives 1, 010 gives 0, 001 gives 1, 000 gives 0';
    const text = `${rule}\nThe row starts as 10000. What …`;
    expect(cellularAutomaton.solve({ text, answer: '', meta: { steps: 1 } })).toEqual(['01001']);
    expect(cellularAutomaton.solve({ text, answer: '', meta: { steps: 2 } })).toEqual(['00110']);
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 100; i++) {
      const problem = cellularAutomaton.generate(
        Random.derive(i, 'ring'),
        1 + (i % cellularAutomaton.levels),
      );
      expect(cellularAutomaton.solve(problem)).toEqual([problem.answer]);
    }
  });

  it('reads cells with space or commas', () => {
    const problem = { text: '', answer: '01001', meta: {} };
    for (const right of ['01001', '0 1 0 0 1', '[0, 1, 0, 0, 1]'])
      expect(cellularAutomaton.score(right, problem)).toBe(1);
    expect(cellularAutomaton.score('1001', problem)).toBe(0);
  });
});
