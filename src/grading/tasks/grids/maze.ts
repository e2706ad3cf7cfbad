/**
 * @file Mazes: a shortest way from S to E as moves U, D, L, R.
 *
 * Generator: a random tree of passages (depth first), then a few walls taken out, which makes loops and wrong turns.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { breadthFirst, DIRECTIONS, type Direction, STEPS, shortestWays, step } from '../search/search.ts';

/** Side of the maze in cells, walls included (odd), of each level. */
const LEVELS = [7, 9, 11, 15, 19] as const;
const LONGER = 0.5;

/** Rows of `#` (wall) and `.` (open), `S` in the first room and `E` in the last. */
function randomMaze(side: number, random: Random): string[] {
  const rooms = (side - 1) / 2;
  const open = new Set<number>();
  const place = (room: number) => (2 * Math.floor(room / rooms) + 1) * side + 2 * (room % rooms) + 1;
  const between = (a: number, b: number) => (place(a) + place(b)) / 2;
  const path = [0];
  const visited = new Set(path);
  open.add(place(0));
  while (path.length > 0) {
    const room = path.at(-1)!;
    const neighbours = DIRECTIONS.map((direction) => step(room, direction, rooms, rooms));
    const fresh = neighbours.filter((next): next is number => next !== null && !visited.has(next));
    if (fresh.length === 0) {
      path.pop();
      continue;
    }
    const next = random.choice(fresh);
    visited.add(next);
    path.push(next);
    open.add(place(next)).add(between(room, next));
  }
  for (let extra = 0; extra < rooms - 1; extra++) {
    const room = random.int(0, rooms * rooms - 1);
    const next = step(room, random.choice(DIRECTIONS), rooms, rooms);
    if (next !== null) open.add(between(room, next));
  }
  const cells = Array.from({ length: side * side }, (_, cell): string => (open.has(cell) ? '.' : '#'));
  cells[place(0)] = 'S';
  cells[place(rooms * rooms - 1)] = 'E';
  return Array.from({ length: side }, (_, row) => cells.slice(row * side, (row + 1) * side).join(''));
}

interface Walk {
  readonly start: number;
  readonly end: number;
  /** The cell one move leads to, or null into a wall. */
  go(cell: number, direction: Direction): number | null;
}

function walkOf({ meta }: Problem): Walk {
  const rows = meta.maze as string[];
  const cells = rows.join('');
  return {
    start: cells.indexOf('S'),
    end: cells.indexOf('E'),
    go(cell, direction) {
      const next = step(cell, direction, rows.length, rows[0]!.length);
      return next === null || cells[next] === '#' ? null : next;
    },
  };
}

function shortest(problem: Problem, limit: number): string[] {
  const { start, end, go } = walkOf(problem);
  const search = breadthFirst(start, function* (cell) {
    for (const direction of DIRECTIONS) {
      const next = go(cell, direction);
      if (next !== null) yield [direction, next] as const;
    }
  });
  return shortestWays(search, end, limit).map((moves) => moves.join(''));
}

/** Ways through a maze. */
export const maze: TaskFamily = {
  name: 'maze',
  description: 'Find a shortest way through a maze drawn in characters.',
  levels: LEVELS.length,
  unique: false,
  partialCredit: `${LONGER} for a way that reaches the end but is not a shortest`,
  generate(random, level) {
    const side = atLevel(LEVELS, level);
    for (;;) {
      const rows = randomMaze(side, random);
      const meta = { maze: rows, size: side * side };
      const text =
        `In this maze # is a wall and everything else is open:\n${rows.join('\n')}\n` +
        'Find a shortest way from S to E in steps up (U), down (D), left (L) and right (R). Answer with the letters of ' +
        'the steps in a row, for example RRDDL.';
      const [answer] = shortest({ text, answer: '', meta }, 1);
      // Without a wall in the way a small maze may be too plain: two straight lines.
      if (new Set(answer).size > 1) return { text, answer: answer!, meta };
    }
  },
  score(answer, problem) {
    const moves = plainAnswer(answer)
      .replace(/[\s,;>-]+/gu, '')
      .toUpperCase();
    const { start, end, go } = walkOf(problem);
    let cell: number | null = start;
    for (const move of moves) {
      if (!Object.hasOwn(STEPS, move)) return 0;
      cell = go(cell, move as Direction);
      if (cell === null) return 0;
    }
    if (cell !== end) return 0;
    return moves.length === problem.answer.length ? 1 : LONGER;
  },
  solve: (problem) => shortest(problem, 2),
};
