/** @file Breadth first search for puzzles of moves, and steps on a grid of cells. */

/** Rows and columns one step goes. */
export const STEPS = { U: [-1, 0], D: [1, 0], L: [0, -1], R: [0, 1] } as const;
export type Direction = keyof typeof STEPS;
export const DIRECTIONS = Object.keys(STEPS) as readonly Direction[];

/** The cell one step from `cell` on a grid of `rows` × `columns` in reading order, or null beyond the edge. */
export function step(cell: number, direction: Direction, rows: number, columns: number): number | null {
  const row = Math.floor(cell / columns) + STEPS[direction][0];
  const column = (cell % columns) + STEPS[direction][1];
  return row < 0 || row >= rows || column < 0 || column >= columns ? null : row * columns + column;
}

/** For each state the fewest moves from `start`, and the states before it on shortest ways. */
export interface Distances<State> {
  readonly distance: Map<State, number>;
  readonly from: Map<State, { state: State; move: string }[]>;
}

/** Breadth first search from `start` to everything `next` leads to. */
export function breadthFirst<State>(
  start: State,
  next: (state: State) => Iterable<readonly [move: string, state: State]>,
): Distances<State> {
  const distance = new Map([[start, 0]]);
  const from = new Map<State, { state: State; move: string }[]>();
  const queue = [start];
  for (const state of queue) {
    const steps = distance.get(state)! + 1;
    for (const [move, reached] of next(state)) {
      const known = distance.get(reached);
      if (known === undefined) {
        distance.set(reached, steps);
        queue.push(reached);
        from.set(reached, [{ state, move }]);
      } else if (known === steps) from.get(reached)!.push({ state, move });
    }
  }
  return { distance, from };
}

/** Up to `limit` shortest lists of moves to `goal`; none where it is not reached, one empty list for the start. */
export function shortestWays<State>(
  { distance, from }: Distances<State>,
  goal: State,
  limit: number,
): string[][] {
  if (!distance.has(goal)) return [];
  const back = (state: State, moves: readonly string[]): string[][] => {
    const before = from.get(state);
    if (before === undefined) return [[...moves].reverse()];
    const ways: string[][] = [];
    for (const { state: earlier, move } of before) {
      if (ways.length >= limit) break;
      ways.push(...back(earlier, [...moves, move]));
    }
    return ways.slice(0, limit);
  };
  return back(goal, []);
}
