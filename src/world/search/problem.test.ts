import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import {
  expressionsOf,
  hitShare,
  problemsOf,
  randomProblemOf,
  readExpression,
  resultOf,
  sideOf,
  solves,
  written,
} from './problem.ts';

const read = (text: string) => readExpression(text)!;

describe('expressions', () => {
  it('are worked from left to right, within 0..99', () => {
    expect(resultOf(read('5 + 3 * 2'))).toBe(16);
    expect(resultOf(read('3 - 5 + 7'))).toBeNull();
    expect(resultOf(read('9 * 9 * 9'))).toBeNull();
    expect(resultOf(read('9 * 9 + 9'))).toBe(90);
  });

  it('are tried in an order, each once, the larger number of a difference first', () => {
    expect(expressionsOf([3, 5, 2]).map(written)).toEqual([
      '3 + 5 + 2',
      '3 + 5 - 2',
      '3 + 5 * 2',
      '5 - 3 + 2',
      '5 - 3 - 2',
      '5 - 3 * 2',
      '3 * 5 + 2',
      '3 * 5 - 2',
      '3 * 5 * 2',
      '3 + 2 + 5',
      '3 + 2 - 5',
      '3 + 2 * 5',
      '3 - 2 + 5',
      '3 - 2 * 5',
      '3 * 2 + 5',
      '3 * 2 - 5',
      '3 * 2 * 5',
      '5 + 2 + 3',
      '5 + 2 - 3',
      '5 + 2 * 3',
      '5 - 2 + 3',
      '5 - 2 - 3',
      '5 - 2 * 3',
      '5 * 2 + 3',
      '5 * 2 - 3',
      '5 * 2 * 3',
    ]);
    expect(expressionsOf([2, 2, 2]).map(written)).toEqual([
      '2 + 2 + 2',
      '2 + 2 - 2',
      '2 + 2 * 2',
      '2 - 2 + 2',
      '2 - 2 * 2',
      '2 * 2 + 2',
      '2 * 2 - 2',
      '2 * 2 * 2',
    ]);
  });

  it.each([
    ['5 + 3 + 7', true],
    ['5+3+7', true],
    [' 7 +  3 + 5 ', true],
    ['5 + 3 + 7 .', false],
    ['5 + 3', false],
    ['15', false],
    ['5 + 3 / 7', false],
    ['5 + 13 + 7', false],
  ])('%s is read: %s', (text, is) => {
    expect(readExpression(text) !== null).toBe(is);
  });

  it.each([
    ['5 + 3 + 7', true],
    ['7 + 5 + 3', true],
    ['3 * 5 + 7', false],
    ['5 + 5 + 5', false],
    ['8 + 7 + 0', false],
  ])('%s solves 15 from 3, 5, 7: %s', (text, is) => {
    expect(solves(read(text), { numbers: [3, 5, 7], target: 15 })).toBe(is);
  });
});

describe('problems', () => {
  it('are on one side of the split in whatever order their numbers are told', () => {
    const training = new Set(problemsOf('train', 0.12).map(({ numbers, target }) => name(numbers, target)));
    const heldOut = problemsOf('heldout', 0.12);
    expect(heldOut.some(({ numbers, target }) => training.has(name(numbers, target)))).toBe(false);
    expect(heldOut).toHaveLength(194);
    expect(new Set(heldOut.map(({ numbers, target }) => name(numbers, target))).size).toBe(51);
    expect(training.size).toBe(519);
  });

  it('drawn at random are on the side asked for and can be hit often enough', () => {
    const random = Random.derive(3, 'test');
    for (let i = 0; i < 200; i++) {
      const problem = randomProblemOf(i % 2 === 0 ? 'train' : 'heldout', 0.12, random);
      expect(sideOf(problem)).toBe(i % 2 === 0 ? 'train' : 'heldout');
      expect(hitShare(problem)).toBeGreaterThanOrEqual(0.12);
      expect(expressionsOf(problem.numbers).some((expression) => solves(expression, problem))).toBe(true);
    }
  });
});

function name(numbers: readonly number[], target: number): string {
  return `${target} ${numbers.toSorted((a, b) => a - b).join(' ')}`;
}
