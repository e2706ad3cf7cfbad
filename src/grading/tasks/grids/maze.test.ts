import { describe, expect, it } from 'vitest';
import { maze } from './maze.ts';

const problem = {
  text: '',
  answer: 'DDRR',
  meta: { maze: ['#####', '#S..#', '#.#.#', '#..E#', '#####'] },
};

describe('maze', () => {
  it('finds both shortest ways round a block', () => {
    expect(maze.solve(problem).sort()).toEqual(['DDRR', 'RRDD']);
  });

  it('finds none where there is none', () => {
    expect(maze.solve({ ...problem, meta: { maze: ['####', '#S##', '##E#', '####'] } })).toEqual([]);
  });

  it.each([
    ['DDRR', 1],
    ['R, R, d -> d', 1],
    ['DUDDRR', 0.5],
    ['DDR', 0],
    ['RRRR', 0], // through a wall
    ['DDRRX', 0],
    ['', 0],
  ])('scores %s', (answer, score) => {
    expect(maze.score(answer, problem)).toBe(score);
  });
});
