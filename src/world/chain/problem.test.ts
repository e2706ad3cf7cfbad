import { describe, expect, it } from 'vitest';
import { splitOf } from '../../data/split.ts';
import { Random } from '../../random.ts';
import { apply, evaluate, expression, type Operator, randomProblem, randomProblemOf } from './problem.ts';

describe('chains', () => {
  it('are evaluated left to right, none binding tighter', () => {
    const problem = {
      start: 35,
      steps: [
        { operator: '-', operand: 10 },
        { operator: '*', operand: 3 },
      ],
    } as const;
    expect(evaluate(problem)).toBe(75);
    expect(expression(problem)).toBe('35 - 10 * 3');
  });

  it('keep every partial result in 0..99 and every operand in its range', () => {
    const random = Random.derive(1, 'test');
    for (let i = 0; i < 1_500; i++) {
      const numbers = random.int(2, 9);
      const { start, steps } = randomProblem(numbers, random);
      expect(steps).toHaveLength(numbers - 1);
      expect(start >= 1 && start <= 99).toBe(true);
      let value = start;
      for (const step of steps) {
        expect(step.operand).toBeGreaterThanOrEqual(step.operator === '*' ? 2 : 1);
        if (step.operator === '*') expect(step.operand).toBeLessThanOrEqual(9);
        value = apply(value, step);
        expect(value >= 0 && value <= 99).toBe(true);
      }
    }
  });

  it('draw operators with the stated odds', () => {
    const counts: Record<string, Record<Operator, number>> = {};
    const random = Random.derive(2, 'test');
    for (let i = 0; i < 40_000; i++) {
      const { start, steps } = randomProblem(2, random);
      const where = start === 99 ? 'top' : start >= 2 && start <= 49 ? 'low' : 'high';
      counts[where] ??= { '+': 0, '-': 0, '*': 0 };
      counts[where][steps[0]!.operator] += 1;
    }
    const share = (where: string, operator: Operator) =>
      counts[where]![operator] / Object.values(counts[where]!).reduce((a, b) => a + b);
    expect(share('low', '*')).toBeCloseTo(0.4, 1.5);
    expect(share('low', '+')).toBeCloseTo(0.3, 1.5);
    expect(share('high', '+')).toBeCloseTo(0.5, 1.5);
    expect(counts.high!['*']).toBe(0);
    expect(counts.top).toMatchObject({ '+': 0, '*': 0 });
  });

  it('stay on the side of the split asked for', () => {
    const random = Random.derive(3, 'test');
    for (const split of ['train', 'heldout'] as const) {
      for (let i = 0; i < 200; i++) {
        expect(splitOf(expression(randomProblemOf(split, random.int(2, 7), random)))).toBe(split);
      }
    }
  });
});
