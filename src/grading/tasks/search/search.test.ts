import { describe, expect, it } from 'vitest';
import { breadthFirst, DIRECTIONS, shortestWays, step } from './search.ts';

function* onGrid(cell: number): Generator<[string, number]> {
  for (const direction of DIRECTIONS) {
    const next = step(cell, direction, 3, 3);
    if (next !== null) yield [direction, next];
  }
}

describe('search', () => {
  it('steps within the grid only', () => {
    expect(DIRECTIONS.map((direction) => step(0, direction, 2, 3))).toEqual([null, 3, null, 1]);
    expect(DIRECTIONS.map((direction) => step(5, direction, 2, 3))).toEqual([2, null, 4, null]);
  });

  it('finds all six shortest ways across 3 × 3, or as many as asked for', () => {
    const search = breadthFirst(0, onGrid);
    expect(search.distance.get(8)).toBe(4);
    const ways = shortestWays(search, 8, 100).map((way) => way.join(''));
    expect(ways.sort()).toEqual(['DDRR', 'DRDR', 'DRRD', 'RDDR', 'RDRD', 'RRDD']);
    expect(shortestWays(search, 8, 2)).toHaveLength(2);
    expect(shortestWays(search, 0, 2)).toEqual([[]]);
    expect(shortestWays(search, 9, 2)).toEqual([]);
  });
});
